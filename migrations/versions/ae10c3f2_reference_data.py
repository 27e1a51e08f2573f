"""Add countries, currencies, tax rates, categories and permissions

Facts that every tenant shares come first: everything else refers to them.

Revision ID: ae10c3f2
Revises:
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "ae10c3f2"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "country",
        sa.Column("code2", sa.Text(), primary_key=True),
        sa.Column("code3", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("eu", t.Flag(), nullable=False),
        sa.Column("vat_prefix", sa.Text()),
        sa.UniqueConstraint("code3"),
        sa.CheckConstraint("length(code2) = 2", name="code2_has_two_letters"),
        sa.CheckConstraint("length(code3) = 3", name="code3_has_three_letters"),
        comment="Countries by ISO 3166-1 code",
        sqlite_strict=True,
    )

    op.create_table(
        "currency",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("minor_units", t.WholeNumber, nullable=False),
        sa.Column("smallest_amount", t.MONEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("length(code) = 3", name="code_has_three_letters"),
        sa.CheckConstraint("minor_units BETWEEN 0 AND 4", name="minor_units_plausible"),
        sa.CheckConstraint("smallest_amount > 0", name="smallest_amount_positive"),
        comment="Currencies by ISO 4217 code",
        sqlite_strict=True,
    )

    op.create_table(
        "tax_rate",
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rate", t.PERCENT, nullable=False),
        sa.Column("valid_from", t.Day(), nullable=False),
        sa.Column("valid_to", t.Day()),
        sa.ForeignKeyConstraint(["country_code"], ["country.code2"], ondelete="RESTRICT"),
        sa.UniqueConstraint("country_code", "kind", "valid_from"),
        sa.CheckConstraint("kind IN ('standard', 'reduced', 'zero', 'exempt', 'reverse')", name="kind_known"),
        sa.CheckConstraint("rate >= 0", name="rate_not_negative"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="days_in_order"),
        comment="Value added tax by country, kind and time",
        sqlite_strict=True,
    )

    op.create_table(
        "category",
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", t.WholeNumber),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("kind IN ('income', 'expense', 'asset', 'liability')", name="kind_known"),
        sa.CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        comment="Headings of products and accounts",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_category_parent_id"), "category", ["parent_id"])

    op.create_table(
        "permission",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("description", sa.Text(), nullable=False),
        comment="What roles may do",
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("permission")
    op.drop_table("category")
    op.drop_table("tax_rate")
    op.drop_table("currency")
    op.drop_table("country")
