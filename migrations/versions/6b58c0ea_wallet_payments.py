"""Accept payments by wallet

A new enum value cannot be used by the transaction that adds it, so it is added outside of any. A wallet
payment settles through a card: going back records it as one, which is what it would have been before.

Revision ID: 6b58c0ea
Revises: d93e1f7b
"""

import sqlalchemy as sa
from alembic import op

from migrations.undisturbed import undisturbed

revision = "6b58c0ea"
down_revision = "d93e1f7b"
branch_labels = None
depends_on = None

OLD = ("bank_transfer", "card", "cash", "direct_debit")
NEW = (*OLD, "wallet")
CHECKS = (
    sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="direction_known"),
    sa.CheckConstraint("amount > 0", name="amount_positive"),
    sa.CheckConstraint("base_amount > 0", name="base_amount_positive"),
)


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
    """Build the table anew with another CHECK; the others are not reflected and are named again."""
    known = sa.CheckConstraint(f"method IN ({_listed(methods)})", name="method_known")
    rebuilt = op.batch_alter_table(
        "payment", recreate="always", table_args=(known, *CHECKS), table_kwargs={"sqlite_strict": True}
    )
    with undisturbed("payment"), rebuilt:
        pass


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
