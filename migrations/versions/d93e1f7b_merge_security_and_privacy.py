"""Merge security and privacy

Only here do the audit log and the customers' language meet: SQLite's triggers name their columns, so the
customer is watched anew. On PostgreSQL the triggers take whatever columns there are.

Revision ID: d93e1f7b
Revises: c2d84e6f, 7a90c5d3
"""

from alembic import op

from migrations import audit_sqlite

revision = "d93e1f7b"
down_revision = ("c2d84e6f", "7a90c5d3")
branch_labels = None
depends_on = None

KEY = ("org_id", "id")
MASKED = ("name", "contact_name", "vat_id", "notes")
BEFORE = (
    "org_id id number kind name contact_name email:hex email_bidx:hex phone:hex vat_id iban:hex "
    "iban_bidx:hex bic country_code notes erased_at restricted_at retain_until created_at updated_at "
    "row_version"
)


def upgrade() -> None:
    _watch_customer(f"{BEFORE} language")


def downgrade() -> None:
    _watch_customer(BEFORE)


def _watch_customer(columns: str) -> None:
    if op.get_context().dialect.name == "sqlite":
        audit_sqlite.unwatch("customer")
        audit_sqlite.watch("customer", KEY, MASKED, columns.split())
