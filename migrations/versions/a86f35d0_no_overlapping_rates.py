"""Refuse overlapping tax rates and fiscal periods

An exclusion constraint over text columns would need an extension, so tax rates are guarded by a trigger;
a lock on country and kind keeps two transactions from passing each other unseen. On SQLite the fiscal
periods, which PostgreSQL guards by an exclusion constraint, get a trigger too.

Revision ID: a86f35d0
Revises: 2e4c7b91
"""

from alembic import op

revision = "a86f35d0"
down_revision = "2e4c7b91"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION tax_rate_overlaps() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('tax_rate ' || NEW.country_code || ' ' || NEW.kind, 0));
    IF EXISTS (
        SELECT FROM tax_rate
        WHERE country_code = NEW.country_code AND kind = NEW.kind AND id <> NEW.id
            AND daterange(valid_from, valid_to, '[]') && daterange(NEW.valid_from, NEW.valid_to, '[]')
    ) THEN
        RAISE EXCEPTION 'another % rate of % holds on some of these days', NEW.kind, NEW.country_code
            USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $body$
"""

TRIGGER = """
CREATE TRIGGER tax_rate_overlaps BEFORE INSERT OR UPDATE ON tax_rate
FOR EACH ROW EXECUTE FUNCTION tax_rate_overlaps()
"""

SQLITE_RATES = """
CREATE TRIGGER tax_rate_overlaps_{event} AFTER {event} ON tax_rate
WHEN EXISTS (
    SELECT 1 FROM tax_rate
    WHERE country_code = NEW.country_code AND kind = NEW.kind AND id <> NEW.id
        AND valid_from <= coalesce(NEW.valid_to, '9999-12-31')
        AND coalesce(valid_to, '9999-12-31') >= NEW.valid_from
)
BEGIN
    SELECT RAISE(ABORT, 'another rate of this country and kind holds on some of these days');
END
"""

SQLITE_PERIODS = """
CREATE TRIGGER fiscal_period_overlaps_{event} AFTER {event} ON fiscal_period
WHEN EXISTS (
    SELECT 1 FROM fiscal_period
    WHERE org_id = NEW.org_id AND id <> NEW.id AND starts_on <= NEW.ends_on AND ends_on >= NEW.starts_on
)
BEGIN
    SELECT RAISE(ABORT, 'another fiscal period of this organization covers some of these days');
END
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(FUNCTION)
        op.execute(TRIGGER)
        return
    for event in ("insert", "update"):
        op.execute(SQLITE_RATES.format(event=event))
        op.execute(SQLITE_PERIODS.format(event=event))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER tax_rate_overlaps ON tax_rate")
        op.execute("DROP FUNCTION tax_rate_overlaps()")
        return
    for event in ("insert", "update"):
        op.execute(f"DROP TRIGGER tax_rate_overlaps_{event}")
        op.execute(f"DROP TRIGGER fiscal_period_overlaps_{event}")
