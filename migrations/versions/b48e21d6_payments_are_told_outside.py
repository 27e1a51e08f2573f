"""Give payments an id that is told outside, and an account that money goes back to

The client makes the id, so that it is known before the account is sealed for its row; once there, it stays. The release
that runs meanwhile knows of none: its payments get a random one from the database. So do older payments; on PostgreSQL
organization by organization and a thousand at once, so that writers wait for one such part at most and readers for
none, and of the moment at which they were recorded. What is filled is no change of theirs and leaves no trace in the
audit log. Cut short, the revision can be run again.

Revision ID: b48e21d6
Revises: 904be1c7
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from migrations import audit_sqlite
from migrations.payment_on_sqlite import ANY_ID, payment, public_id

revision = "b48e21d6"
down_revision = "904be1c7"
branch_labels = None
depends_on = None

INDEX = "ix_payment_org_id_public_id"
AUDITED = (
    "org_id id customer_id method direction amount base_amount currency received_on reference payer_iban:hex "
    "created_at updated_at row_version"
)

COLUMNS = (
    "ALTER TABLE payment ADD COLUMN IF NOT EXISTS public_id uuid",
    "ALTER TABLE payment ALTER COLUMN public_id SET DEFAULT gen_random_uuid()",
    "ALTER TABLE payment ADD COLUMN IF NOT EXISTS refund_iban bytea",
    "COMMENT ON COLUMN payment.public_id IS 'dbops: made by the client, never changed'",
    "COMMENT ON COLUMN payment.refund_iban IS 'dbops: pii=iban, erase=null, encrypted'",
)

FILL = """
DO $$
DECLARE
    organization_id bigint;
    last_id bigint;
    next_id bigint;
BEGIN
    FOR organization_id IN SELECT id FROM organization ORDER BY id LOOP
        last_id := -9223372036854775808;
        LOOP
            PERFORM set_config('app.org_id', organization_id::text, true);
            SELECT max(id) INTO next_id FROM (
                SELECT id FROM payment WHERE org_id = organization_id AND id > last_id ORDER BY id LIMIT 1000) AS part;
            EXIT WHEN next_id IS NULL;
            ALTER TABLE payment DISABLE TRIGGER USER;
            UPDATE payment
            SET public_id = overlay(overlay(
                replace(gen_random_uuid()::text, '-', '')
                PLACING lpad(to_hex(least(greatest(extract(epoch FROM created_at) * 1000, 0), 281474976710655)::bigint),
                             12, '0') FROM 1)
                PLACING '7' FROM 13)::uuid
            WHERE org_id = organization_id AND id > last_id AND id <= next_id AND public_id IS NULL;
            ALTER TABLE payment ENABLE TRIGGER USER;
            last_id := next_id;
            COMMIT;
        END LOOP;
    END LOOP;
END $$
"""
"""Version 7 (RFC 9562): the moment at which a payment was recorded, and chance."""

REQUIRE = (
    "ALTER TABLE payment DROP CONSTRAINT IF EXISTS payment_has_public_id",
    "ALTER TABLE payment ADD CONSTRAINT payment_has_public_id CHECK (public_id IS NOT NULL) NOT VALID",
    "ALTER TABLE payment VALIDATE CONSTRAINT payment_has_public_id",
    "ALTER TABLE payment ALTER COLUMN public_id SET NOT NULL",
    "ALTER TABLE payment DROP CONSTRAINT payment_has_public_id",
)
"""What makes a column NOT NULL without a scan under a lock that keeps everybody out."""

KEPT = (
    """
CREATE OR REPLACE FUNCTION payment_public_id_is_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION 'payment % of organization % keeps its public id', OLD.id, OLD.org_id
        USING ERRCODE = 'restrict_violation', HINT = 'record another payment instead';
END $body$
""",
    "DROP TRIGGER IF EXISTS payment_public_id_is_kept ON payment",
    """
CREATE TRIGGER payment_public_id_is_kept BEFORE UPDATE OF public_id ON payment
FOR EACH ROW WHEN (NEW.public_id IS DISTINCT FROM OLD.public_id) EXECUTE FUNCTION payment_public_id_is_kept()
""",
)

KEPT_ON_SQLITE = """
CREATE TRIGGER payment_public_id_is_kept BEFORE UPDATE OF public_id ON payment
WHEN NEW.public_id IS NOT OLD.public_id
BEGIN SELECT RAISE(ABORT, 'payment_public_id_is_kept: this is final'); END
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        with _audited_anew(f"{AUDITED} public_id refund_iban:hex"), _rebuilt(payment()) as batch:
            batch.add_column(sa.Column("public_id", sa.Text(), nullable=False, server_default=sa.text(ANY_ID)))
            batch.add_column(sa.Column("refund_iban", sa.LargeBinary()))
            batch.create_check_constraint("public_id_is_a_uuid", "length(public_id) = 36")
            batch.create_index(op.f(INDEX), ["org_id", "public_id"], unique=True)
        op.execute(KEPT_ON_SQLITE)
        return
    with op.get_context().autocommit_block():
        _run(*COLUMNS, FILL)
        op.drop_index(INDEX, "payment", postgresql_concurrently=True, if_exists=True)
        op.create_index(INDEX, "payment", ["org_id", "public_id"], unique=True, postgresql_concurrently=True)
        _run(*REQUIRE, *KEPT)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER payment_public_id_is_kept")
        with _audited_anew(AUDITED), _rebuilt(payment(*public_id())) as batch:
            batch.drop_index(op.f(INDEX))
            batch.drop_constraint(op.f("ck_payment_public_id_is_a_uuid"), type_="check")
            batch.drop_column("refund_iban")
            batch.drop_column("public_id")
        return
    op.execute("DROP TRIGGER payment_public_id_is_kept ON payment")
    op.execute("DROP FUNCTION payment_public_id_is_kept()")
    op.drop_index(INDEX, "payment")
    op.drop_column("payment", "refund_iban")
    op.drop_column("payment", "public_id")


def _run(*statements: str) -> None:
    for statement in statements:
        op.execute(statement)


def _rebuilt(table: sa.Table) -> AbstractContextManager[BatchOperations]:
    return op.batch_alter_table("payment", recreate="always", copy_from=table)


@contextmanager
def _audited_anew(columns: str) -> Iterator[None]:
    """Change the table on SQLite, where the triggers that record it name its columns."""
    audit_sqlite.unwatch("payment")
    yield
    audit_sqlite.watch("payment", ("org_id", "id"), (), columns.split())
