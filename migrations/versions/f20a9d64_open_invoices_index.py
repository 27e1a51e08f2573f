"""Find open invoices by due day

Built concurrently on PostgreSQL, so that invoices can be written meanwhile. A build that was cut short
leaves an invalid index behind: it is dropped first, and the revision can be run again.

Revision ID: f20a9d64
Revises: 6b58c0ea
"""

from contextlib import AbstractContextManager, nullcontext

import sqlalchemy as sa
from alembic import op

revision = "f20a9d64"
down_revision = "6b58c0ea"
branch_labels = None
depends_on = None

NAME = "ix_invoice_open_by_due_day"
OPEN = sa.text("status = 'issued' OR status = 'overdue'")


def upgrade() -> None:
    with _outside_transaction():
        op.drop_index(NAME, "invoice", postgresql_concurrently=True, if_exists=True)
        op.create_index(
            NAME,
            "invoice",
            ["org_id", "due_on"],
            postgresql_where=OPEN,
            sqlite_where=OPEN,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with _outside_transaction():
        op.drop_index(NAME, "invoice", postgresql_concurrently=True, if_exists=True)


def _outside_transaction() -> AbstractContextManager[None]:
    is_postgresql = op.get_context().dialect.name == "postgresql"
    return op.get_context().autocommit_block() if is_postgresql else nullcontext()
