"""Add payments and what they settle

The way of payment is a native enum on PostgreSQL, text under a CHECK on SQLite.

Revision ID: 9b3d57a0
Revises: 0d7be485
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ENUM

from accounting import types as t

revision = "9b3d57a0"
down_revision = "0d7be485"
branch_labels = None
depends_on = None


METHOD = sa.Text().with_variant(
    ENUM("bank_transfer", "card", "cash", "direct_debit", name="payment_method", create_type=False),
    "postgresql",
)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE TYPE payment_method AS ENUM ('bank_transfer', 'card', 'cash', 'direct_debit')")
    op.create_table(
        "payment",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("customer_id", t.WholeNumber, nullable=False),
        sa.Column("method", METHOD, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount", t.MONEY, nullable=False),
        sa.Column("base_amount", t.MONEY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received_on", t.Day(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("payer_iban", sa.LargeBinary(), comment="dbops: pii=iban, erase=null, encrypted"),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["currency"], ["currency.code"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("method IN ('bank_transfer', 'card', 'cash', 'direct_debit')", name="method_known").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="direction_known"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("base_amount > 0", name="base_amount_positive"),
        comment="Payments",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_payment_currency"), "payment", ["currency"])
    op.create_index(op.f("ix_payment_org_id_customer_id"), "payment", ["org_id", "customer_id"])
    op.create_index(op.f("ix_payment_org_id_received_on"), "payment", ["org_id", "received_on"])

    op.create_table(
        "payment_allocation",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("payment_id", t.WholeNumber, primary_key=True),
        sa.Column("invoice_id", t.WholeNumber, primary_key=True),
        sa.Column("amount", t.MONEY, nullable=False),
        sa.Column("base_amount", t.MONEY, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "invoice_id"], ["invoice.org_id", "invoice.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "payment_id"], ["payment.org_id", "payment.id"], ondelete="CASCADE"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("base_amount > 0", name="base_amount_positive"),
        comment="What a payment settles",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_payment_allocation_org_id_invoice_id"), "payment_allocation", ["org_id", "invoice_id"])


def downgrade() -> None:
    op.drop_table("payment_allocation")
    op.drop_table("payment")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TYPE payment_method")
