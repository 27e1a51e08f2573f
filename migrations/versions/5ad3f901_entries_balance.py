"""Refuse bookings that do not balance

PostgreSQL judges at commit, when all lines are there. SQLite has no deferred triggers: there an entry is
judged when it is posted, and must not be born posted.

Revision ID: 5ad3f901
Revises: e48f20cb
"""

from alembic import op

revision = "5ad3f901"
down_revision = "e48f20cb"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION journal_entry_balances() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    changed jsonb := to_jsonb(coalesce(NEW, OLD));
    org bigint := (changed ->> 'org_id')::bigint;
    entry bigint := (changed ->> TG_ARGV[0])::bigint;
    tenant text := coalesce(current_setting('app.org_id', true), '');
    difference numeric;
    line_count bigint;
    is_posted boolean;
BEGIN
    -- The transaction may have moved on to another tenant by the time this runs.
    PERFORM set_config('app.org_id', org::text, true);
    SELECT posted_at IS NOT NULL INTO is_posted FROM journal_entry WHERE org_id = org AND id = entry;
    SELECT coalesce(sum(debit) - sum(credit), 0), count(*) INTO difference, line_count
        FROM journal_line WHERE org_id = org AND entry_id = entry;
    PERFORM set_config('app.org_id', tenant, true);
    IF difference <> 0 THEN
        RAISE EXCEPTION 'journal entry % of organization % is off balance by %', entry, org, difference
            USING ERRCODE = 'check_violation';
    END IF;
    IF is_posted AND line_count < 2 THEN
        RAISE EXCEPTION 'journal entry % of organization % is posted with % lines', entry, org, line_count
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $body$
"""

DEFERRED = """
CREATE CONSTRAINT TRIGGER {name} AFTER {events} ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_entry_balances({key})
"""

BORN_POSTED = """
CREATE TRIGGER journal_entry_is_born_open BEFORE INSERT ON journal_entry
WHEN NEW.posted_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a journal entry is posted after its lines are written');
END
"""

POSTED = """
CREATE TRIGGER journal_entry_balances BEFORE UPDATE OF posted_at ON journal_entry
WHEN NEW.posted_at IS NOT NULL AND OLD.posted_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'journal entry is off balance or has fewer than two lines')
    WHERE (
        SELECT count(*) < 2 OR sum(debit) <> sum(credit) FROM journal_line
        WHERE org_id = NEW.org_id AND entry_id = NEW.id
    );
END
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(FUNCTION)
        op.execute(
            DEFERRED.format(
                name="journal_line_balances",
                events="INSERT OR UPDATE OR DELETE",
                table="journal_line",
                key="'entry_id'",
            )
        )
        op.execute(
            DEFERRED.format(name="journal_entry_balances", events="INSERT OR UPDATE", table="journal_entry", key="'id'")
        )
    else:
        op.execute(BORN_POSTED)
        op.execute(POSTED)


def downgrade() -> None:
    op.execute(_drop("journal_entry_balances", "journal_entry"))
    if op.get_context().dialect.name == "postgresql":
        op.execute(_drop("journal_line_balances", "journal_line"))
        op.execute("DROP FUNCTION journal_entry_balances()")
    else:
        op.execute(_drop("journal_entry_is_born_open", "journal_entry"))


def _drop(trigger: str, table: str) -> str:
    on_table = f" ON {table}" if op.get_context().dialect.name == "postgresql" else ""
    return f"DROP TRIGGER {trigger}{on_table}"
