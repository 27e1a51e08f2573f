"""Add quotes

A line's net and tax are rounded half away from zero, once; totals are sums of lines.

Revision ID: f1a86b34
Revises: d05b718e
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "f1a86b34"
down_revision = "d05b718e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quote",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("number", t.WholeNumber, nullable=False),
        sa.Column("customer_id", t.WholeNumber, nullable=False),
        sa.Column("project_id", t.WholeNumber),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("valid_until", t.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", t.MONEY, nullable=False),
        sa.Column("tax", t.MONEY, nullable=False),
        sa.Column("gross", t.MONEY, nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["currency"], ["currency.code"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "project_id"], ["project.org_id", "project.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "number"),
        sa.CheckConstraint("status IN ('draft', 'sent', 'accepted', 'rejected', 'expired')", name="status_known"),
        sa.CheckConstraint("net >= 0 AND tax >= 0", name="amounts_not_negative"),
        sa.CheckConstraint("gross = net + tax", name="gross_is_net_plus_tax"),
        sa.CheckConstraint("valid_until >= issued_on", name="days_in_order"),
        comment="Quotes",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_quote_currency"), "quote", ["currency"])
    op.create_index(op.f("ix_quote_org_id_customer_id"), "quote", ["org_id", "customer_id"])
    op.create_index(op.f("ix_quote_org_id_project_id"), "quote", ["org_id", "project_id"])

    op.create_table(
        "quote_line",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("quote_id", t.WholeNumber, primary_key=True),
        sa.Column("pos", t.WholeNumber, primary_key=True),
        sa.Column("product_id", t.WholeNumber),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", t.QUANTITY, nullable=False),
        sa.Column("unit_price", t.MONEY, nullable=False),
        sa.Column("discount_pct", t.PERCENT, nullable=False, server_default=sa.text("0")),
        sa.Column("net", t.MONEY, nullable=False),
        sa.Column("tax_rate_id", t.WholeNumber, nullable=False),
        sa.Column("tax_pct", t.PERCENT, nullable=False),
        sa.Column("tax", t.MONEY, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "product_id"], ["product.org_id", "product.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "quote_id"], ["quote.org_id", "quote.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tax_rate_id"], ["tax_rate.id"], ondelete="RESTRICT"),
        sa.CheckConstraint(
            "net = round(quantity * unit_price * (1 - discount_pct / 100), 2)", name="net_is_rounded_product"
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "net = (quantity * unit_price * (10000 - discount_pct) + 5000000) / 10000000",
            name="net_is_rounded_product",
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("tax = round(net * tax_pct / 100, 2)", name="tax_is_rounded_share").ddl_if(
            dialect="postgresql"
        ),
        sa.CheckConstraint("tax = (net * tax_pct + 5000) / 10000", name="tax_is_rounded_share").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("discount_pct BETWEEN 0 AND 100", name="discount_is_a_share").ddl_if(dialect="postgresql"),
        sa.CheckConstraint("discount_pct BETWEEN 0 AND 10000", name="discount_is_a_share").ddl_if(dialect="sqlite"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        sa.CheckConstraint("tax_pct >= 0", name="tax_pct_not_negative"),
        comment="Positions of quotes",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_quote_line_org_id_product_id"), "quote_line", ["org_id", "product_id"])
    op.create_index(op.f("ix_quote_line_tax_rate_id"), "quote_line", ["tax_rate_id"])


def downgrade() -> None:
    op.drop_table("quote_line")
    op.drop_table("quote")
