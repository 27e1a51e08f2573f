"""Add invoices, credit notes and their tax summary

Numbers are unique within a series; a draft has none.

Revision ID: 62e0d9c7
Revises: f1a86b34
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "62e0d9c7"
down_revision = "f1a86b34"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", t.WholeNumber),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("credit_of_id", t.WholeNumber),
        sa.Column("customer_id", t.WholeNumber, nullable=False),
        sa.Column("quote_id", t.WholeNumber),
        sa.Column("project_id", t.WholeNumber),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("issued_on", t.Day(), nullable=False),
        sa.Column("due_on", t.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("fx_rate", t.RATE, nullable=False),
        sa.Column("net", t.MONEY, nullable=False),
        sa.Column("tax", t.MONEY, nullable=False),
        sa.Column("gross", t.MONEY, nullable=False),
        sa.Column("paid", t.MONEY, nullable=False, server_default=sa.text("0")),
        sa.Column("base_net", t.MONEY, nullable=False),
        sa.Column("base_tax", t.MONEY, nullable=False),
        sa.Column("base_gross", t.MONEY, nullable=False),
        sa.Column("base_paid", t.MONEY, nullable=False, server_default=sa.text("0")),
        sa.Column("bill_to_snapshot", t.Document(), comment="dbops: pii=document, erase=keep_until_retention"),
        sa.Column("content_hash", sa.LargeBinary()),
        sa.Column("locked_at", t.Moment()),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["currency"], ["currency.code"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "credit_of_id"], ["invoice.org_id", "invoice.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "project_id"], ["project.org_id", "project.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "quote_id"], ["quote.org_id", "quote.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "series", "number"),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind_known"),
        sa.CheckConstraint("status IN ('draft', 'issued', 'paid', 'overdue', 'void')", name="status_known"),
        sa.CheckConstraint("(kind = 'credit_note') = (credit_of_id IS NOT NULL)", name="credit_note_names_invoice"),
        sa.CheckConstraint("(status = 'draft') = (number IS NULL)", name="number_unless_draft"),
        sa.CheckConstraint(
            "locked_at IS NULL OR (content_hash IS NOT NULL AND status <> 'draft')", name="locked_is_sealed"
        ),
        sa.CheckConstraint("status = 'draft' OR bill_to_snapshot IS NOT NULL", name="issued_names_recipient"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("net >= 0 AND tax >= 0", name="amounts_not_negative"),
        sa.CheckConstraint("gross = net + tax", name="gross_is_net_plus_tax"),
        sa.CheckConstraint("base_gross = base_net + base_tax", name="base_gross_is_net_plus_tax"),
        sa.CheckConstraint("paid >= 0 AND paid <= gross", name="paid_within_gross"),
        sa.CheckConstraint("base_paid >= 0 AND base_paid <= base_gross", name="base_paid_within_gross"),
        sa.CheckConstraint("fx_rate > 0", name="fx_rate_positive"),
        sa.CheckConstraint("due_on >= issued_on", name="days_in_order"),
        comment="Invoices and credit notes",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_invoice_currency"), "invoice", ["currency"])
    op.create_index(op.f("ix_invoice_org_id_credit_of_id"), "invoice", ["org_id", "credit_of_id"])
    op.create_index(op.f("ix_invoice_org_id_customer_id"), "invoice", ["org_id", "customer_id"])
    op.create_index(op.f("ix_invoice_org_id_project_id"), "invoice", ["org_id", "project_id"])
    op.create_index(op.f("ix_invoice_org_id_quote_id"), "invoice", ["org_id", "quote_id"])

    op.create_table(
        "invoice_line",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("invoice_id", t.WholeNumber, primary_key=True),
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
        sa.ForeignKeyConstraint(["org_id", "invoice_id"], ["invoice.org_id", "invoice.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["org_id", "product_id"], ["product.org_id", "product.id"], ondelete="RESTRICT"),
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
        comment="Positions of invoices",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_invoice_line_org_id_product_id"), "invoice_line", ["org_id", "product_id"])
    op.create_index(op.f("ix_invoice_line_tax_rate_id"), "invoice_line", ["tax_rate_id"])

    op.create_table(
        "invoice_tax",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("invoice_id", t.WholeNumber, primary_key=True),
        sa.Column("tax_pct", t.PERCENT, primary_key=True),
        sa.Column("base", t.MONEY, nullable=False),
        sa.Column("tax", t.MONEY, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "invoice_id"], ["invoice.org_id", "invoice.id"], ondelete="CASCADE"),
        sa.CheckConstraint("tax_pct >= 0", name="tax_pct_not_negative"),
        sa.CheckConstraint("base >= 0 AND tax >= 0", name="amounts_not_negative"),
        comment="Value added tax of an invoice by rate",
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("invoice_tax")
    op.drop_table("invoice_line")
    op.drop_table("invoice")
