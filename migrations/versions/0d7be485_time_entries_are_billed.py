"""Let invoice lines bill hours worked

SQLite cannot add a composite foreign key or a CHECK to a table, so there the table is built anew; CHECKs
are not reflected and must be named again, or they would be lost.

Revision ID: 0d7be485
Revises: 62e0d9c7
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "0d7be485"
down_revision = "62e0d9c7"
branch_labels = None
depends_on = None

CHECKS = (
    sa.CheckConstraint("hours > 0 AND hours <= 24000", name="hours_fit_a_day"),
    sa.CheckConstraint("hourly_rate >= 0", name="hourly_rate_not_negative"),
)


def upgrade() -> None:
    with op.batch_alter_table("time_entry", table_args=CHECKS, table_kwargs={"sqlite_strict": True}) as batch:
        batch.add_column(sa.Column("invoice_id", t.WholeNumber))
        batch.add_column(sa.Column("invoice_pos", t.WholeNumber))
        batch.create_foreign_key(
            op.f("fk_time_entry_org_id_invoice_id_invoice"),
            "invoice",
            ["org_id", "invoice_id"],
            ["org_id", "id"],
            ondelete="RESTRICT",
        )
        batch.create_check_constraint("billed_by_a_line", "(invoice_id IS NULL) = (invoice_pos IS NULL)")
    op.create_index(op.f("ix_time_entry_org_id_invoice_id"), "time_entry", ["org_id", "invoice_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_time_entry_org_id_invoice_id"), "time_entry")
    with op.batch_alter_table("time_entry", table_args=CHECKS, table_kwargs={"sqlite_strict": True}) as batch:
        if op.get_context().dialect.name == "postgresql":
            batch.drop_constraint("billed_by_a_line", type_="check")
        batch.drop_constraint(op.f("fk_time_entry_org_id_invoice_id_invoice"), type_="foreignkey")
        batch.drop_column("invoice_pos")
        batch.drop_column("invoice_id")
