"""Add the double-entry ledger

Fiscal periods of one organization exclude each other; one-point ranges stand for equality, so that the
constraint needs no extension.

Revision ID: e48f20cb
Revises: 9b3d57a0
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from accounting import types as t

revision = "e48f20cb"
down_revision = "9b3d57a0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category_id", t.WholeNumber, nullable=False),
        sa.Column("normal_side", sa.Text(), nullable=False),
        sa.Column("control", sa.Text()),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "code"),
        sa.UniqueConstraint("org_id", "control"),
        sa.CheckConstraint("normal_side IN ('debit', 'credit')", name="normal_side_known"),
        sa.CheckConstraint("control IN ('receivables', 'bank', 'revenue', 'output_tax')", name="control_known"),
        comment="Accounts of the ledger",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_account_category_id"), "account", ["category_id"])

    op.create_table(
        "fiscal_period",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", t.Day(), nullable=False),
        sa.Column("ends_on", t.Day(), nullable=False),
        sa.Column("closed_at", t.Moment()),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "starts_on"),
        ExcludeConstraint(
            (sa.text("int8range(org_id, org_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            name="ex_fiscal_period_no_overlap",
            using="gist",
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        comment="Periods of the books",
        sqlite_strict=True,
    )

    op.create_table(
        "journal_entry",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("period_id", t.WholeNumber, nullable=False),
        sa.Column("booked_on", t.Day(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", t.WholeNumber),
        sa.Column("reversal_of", t.WholeNumber),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("posted_at", t.Moment()),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.ForeignKeyConstraint(
            ["org_id", "period_id"], ["fiscal_period.org_id", "fiscal_period.id"], ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "reversal_of"], ["journal_entry.org_id", "journal_entry.id"], ondelete="RESTRICT"
        ),
        sa.CheckConstraint("source_kind IN ('invoice', 'payment', 'manual')", name="source_kind_known"),
        sa.CheckConstraint("(source_kind = 'manual') = (source_id IS NULL)", name="source_unless_manual"),
        sa.CheckConstraint("reversal_of <> id", name="not_its_own_reversal"),
        comment="Bookings",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_journal_entry_org_id_period_id"), "journal_entry", ["org_id", "period_id"])
    op.create_index(op.f("ix_journal_entry_org_id_reversal_of"), "journal_entry", ["org_id", "reversal_of"])
    op.create_index(
        "uq_journal_entry_one_per_source",
        "journal_entry",
        ["org_id", "source_kind", "source_id"],
        unique=True,
        postgresql_where=sa.text("reversal_of IS NULL AND source_id IS NOT NULL"),
        sqlite_where=sa.text("reversal_of IS NULL AND source_id IS NOT NULL"),
    )

    op.create_table(
        "journal_line",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("entry_id", t.WholeNumber, primary_key=True),
        sa.Column("pos", t.WholeNumber, primary_key=True),
        sa.Column("account_id", t.WholeNumber, nullable=False),
        sa.Column("debit", t.MONEY, nullable=False, server_default=sa.text("0")),
        sa.Column("credit", t.MONEY, nullable=False, server_default=sa.text("0")),
        sa.ForeignKeyConstraint(["org_id", "account_id"], ["account.org_id", "account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["org_id", "entry_id"], ["journal_entry.org_id", "journal_entry.id"], ondelete="CASCADE"
        ),
        sa.CheckConstraint("(debit > 0 AND credit = 0) OR (credit > 0 AND debit = 0)", name="one_side_only"),
        comment="Lines of bookings",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_journal_line_org_id_account_id"), "journal_line", ["org_id", "account_id"])


def downgrade() -> None:
    op.drop_table("journal_line")
    op.drop_table("journal_entry")
    op.drop_table("fiscal_period")
    op.drop_table("account")
