"""Accept payments by wallet

A new enum value cannot be used by the transaction that adds it, so it is added outside of any. A wallet
payment settles through a card: going back records it as one, which is what it would have been before.

Revision ID: 6b58c0ea
Revises: d93e1f7b
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t
from accounting.schema import NAMES
from migrations.undisturbed import undisturbed

revision = "6b58c0ea"
down_revision = "d93e1f7b"
branch_labels = None
depends_on = None

OLD = ("bank_transfer", "card", "cash", "direct_debit")
NEW = (*OLD, "wallet")


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.execute("ALTER TYPE payment_method ADD VALUE IF NOT EXISTS 'wallet'")
    else:
        _allow_on_sqlite(NEW)


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TYPE payment_method RENAME TO payment_method_with_wallet")
        op.execute(f"CREATE TYPE payment_method AS ENUM ({_listed(OLD)})")
        op.execute(
            "ALTER TABLE payment ALTER COLUMN method TYPE payment_method "
            "USING (CASE method::text WHEN 'wallet' THEN 'card' ELSE method::text END)::payment_method"
        )
        op.execute("DROP TYPE payment_method_with_wallet")
    else:
        with undisturbed("payment"):
            op.execute("UPDATE payment SET method = 'card' WHERE method = 'wallet'")
        _allow_on_sqlite(OLD)


def _allow_on_sqlite(methods: tuple[str, ...]) -> None:
    """Build the table anew with another CHECK."""
    with (
        undisturbed("payment"),
        op.batch_alter_table("payment", recreate="always", copy_from=_payment(methods)),
    ):
        pass


def _payment(methods: tuple[str, ...]) -> sa.Table:
    """Return the table as SQLite holds it, so that nothing depends on what can be reflected."""
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
        sa.CheckConstraint(f"method IN ({_listed(methods)})", name="method_known"),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="direction_known"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("base_amount > 0", name="base_amount_positive"),
        sa.Index(op.f("ix_payment_currency"), "currency"),
        sa.Index(op.f("ix_payment_org_id_customer_id"), "org_id", "customer_id"),
        sa.Index(op.f("ix_payment_org_id_received_on"), "org_id", "received_on"),
        sqlite_strict=True,
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
