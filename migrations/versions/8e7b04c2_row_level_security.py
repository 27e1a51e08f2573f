"""Keep tenants apart by row-level security

Forced, so that the owner is held to it as well. A transaction names its organization with
set_config('app.org_id', ..., true); one that names none sees nothing. SQLite has no such thing.

Revision ID: 8e7b04c2
Revises: 5ad3f901
"""

from migrations.row_security import isolate, open_up

revision = "8e7b04c2"
down_revision = "5ad3f901"
branch_labels = None
depends_on = None

TABLES = (
    "role",
    "role_permission",
    "membership",
    "customer",
    "customer_address",
    "product",
    "project",
    "time_entry",
    "quote",
    "quote_line",
    "invoice",
    "invoice_line",
    "invoice_tax",
    "payment",
    "payment_allocation",
    "account",
    "fiscal_period",
    "journal_entry",
    "journal_line",
)


def upgrade() -> None:
    isolate(TABLES)


def downgrade() -> None:
    open_up(reversed(TABLES))
