"""The table `payment` as SQLite held it before payments had a public id, so that nothing has to be reflected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from accounting import types as t
from accounting.schema import NAMES

METHODS = ("bank_transfer", "card", "cash", "direct_debit", "wallet")

ANY_ID = (
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'"
    " || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"
)
"""A random UUID, as SQLite makes one."""


def payment(*more: sa.schema.SchemaItem) -> sa.Table:
    """Return the table with what later revisions have put into it."""
    return sa.Table(
        "payment",
        sa.MetaData(naming_convention=NAMES),
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, primary_key=True),
        sa.Column("customer_id", t.WholeNumber, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount", t.MONEY, nullable=False),
        sa.Column("base_amount", t.MONEY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received_on", t.Day(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("payer_iban", sa.LargeBinary()),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["currency"], ["currency.code"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"], ondelete="RESTRICT"),
        sa.CheckConstraint(f"method IN ({', '.join(map(repr, METHODS))})", name="method_known"),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="direction_known"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("base_amount > 0", name="base_amount_positive"),
        sa.Index(op.f("ix_payment_currency"), "currency"),
        sa.Index(op.f("ix_payment_org_id_customer_id"), "org_id", "customer_id"),
        sa.Index(op.f("ix_payment_org_id_received_on"), "org_id", "received_on"),
        *more,
        sqlite_strict=True,
    )


def public_id() -> tuple[sa.schema.SchemaItem, ...]:
    """Return what `b48e21d6` adds to the table."""
    return (
        sa.Column("public_id", sa.Text(), nullable=False, server_default=sa.text(ANY_ID)),
        sa.Column("refund_iban", sa.LargeBinary()),
        sa.CheckConstraint("length(public_id) = 36", name="public_id_is_a_uuid"),
        sa.Index(op.f("ix_payment_org_id_public_id"), "org_id", "public_id", unique=True),
    )
