"""Let invoice lines bill hours worked

SQLite cannot add a composite foreign key or a CHECK to a table, so there the table is built anew. It is
spelled out rather than reflected: how much of a CHECK is reflected depends on alembic's version.

Revision ID: 0d7be485
Revises: 62e0d9c7
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import conv

from accounting import types as t
from accounting.schema import NAMES

revision = "0d7be485"
down_revision = "62e0d9c7"
branch_labels = None
depends_on = None

BILLED = conv("ck_time_entry_billed_by_a_line")
INVOICE = conv("fk_time_entry_org_id_invoice_id_invoice")


def upgrade() -> None:
    with op.batch_alter_table("time_entry", copy_from=_time_entry()) as batch:
        batch.add_column(sa.Column("invoice_id", t.WholeNumber))
        batch.add_column(sa.Column("invoice_pos", t.WholeNumber))
        batch.create_foreign_key(INVOICE, "invoice", ["org_id", "invoice_id"], ["org_id", "id"], ondelete="RESTRICT")
        batch.create_check_constraint(BILLED, "(invoice_id IS NULL) = (invoice_pos IS NULL)")
    op.create_index(op.f("ix_time_entry_org_id_invoice_id"), "time_entry", ["org_id", "invoice_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_time_entry_org_id_invoice_id"), "time_entry")
    billed = _time_entry(
        sa.Column("invoice_id", t.WholeNumber),
        sa.Column("invoice_pos", t.WholeNumber),
        sa.ForeignKeyConstraint(["org_id", "invoice_id"], ["invoice.org_id", "invoice.id"], name=INVOICE),
        sa.CheckConstraint("(invoice_id IS NULL) = (invoice_pos IS NULL)", name=BILLED),
    )
    with op.batch_alter_table("time_entry", copy_from=billed) as batch:
        batch.drop_constraint(BILLED, type_="check")
        batch.drop_constraint(INVOICE, type_="foreignkey")
        batch.drop_column("invoice_pos")
        batch.drop_column("invoice_id")


def _time_entry(*more: sa.schema.SchemaItem) -> sa.Table:
    """Return the table as SQLite holds it, so that nothing depends on what can be reflected."""
    return sa.Table(
        "time_entry",
        sa.MetaData(naming_convention=NAMES),
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, primary_key=True),
        sa.Column("project_id", t.WholeNumber, nullable=False),
        sa.Column("user_id", t.WholeNumber, nullable=False),
        sa.Column("worked_on", t.Day(), nullable=False),
        sa.Column("hours", t.QUANTITY, nullable=False),
        sa.Column("hourly_rate", t.MONEY, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "project_id"], ["project.org_id", "project.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("hours > 0 AND hours <= 24000", name="hours_fit_a_day"),
        sa.CheckConstraint("hourly_rate >= 0", name="hourly_rate_not_negative"),
        sa.Index(op.f("ix_time_entry_org_id_project_id"), "org_id", "project_id"),
        sa.Index(op.f("ix_time_entry_user_id"), "user_id"),
        *more,
        sqlite_strict=True,
    )
