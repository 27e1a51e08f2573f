"""Freeze locked invoices and posted entries

A locked invoice is a legal document: only its payment state still changes. A posted entry is corrected
by a reversal, never by an edit, and nothing is booked into a closed period.

Revision ID: 2e4c7b91
Revises: f20a9d64
"""

from alembic import op

revision = "2e4c7b91"
down_revision = "f20a9d64"
branch_labels = None
depends_on = None

INVOICE = """
CREATE FUNCTION invoice_is_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    living text[] := ARRAY['status', 'paid', 'base_paid', 'row_version', 'updated_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - living = to_jsonb(OLD) - living THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoice % of organization % is locked', OLD.id, OLD.org_id
        USING ERRCODE = 'restrict_violation', HINT = 'issue a credit note instead';
END $body$
"""

INVOICE_TRIGGER = """
CREATE TRIGGER invoice_is_frozen BEFORE UPDATE OR DELETE ON invoice
FOR EACH ROW WHEN (OLD.locked_at IS NOT NULL) EXECUTE FUNCTION invoice_is_frozen()
"""

PART = """
CREATE FUNCTION invoice_part_is_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    -- One query a row image, so that each finds its parent by the key.
    IF (TG_OP <> 'INSERT' AND EXISTS (
            SELECT FROM invoice WHERE org_id = OLD.org_id AND id = OLD.invoice_id AND locked_at IS NOT NULL))
        OR (TG_OP <> 'DELETE' AND EXISTS (
            SELECT FROM invoice WHERE org_id = NEW.org_id AND id = NEW.invoice_id AND locked_at IS NOT NULL))
    THEN
        RAISE EXCEPTION 'the invoice this % belongs to is locked', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', HINT = 'issue a credit note instead';
    END IF;
    RETURN coalesce(NEW, OLD);
END $body$
"""

ENTRY = """
CREATE FUNCTION journal_entry_is_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.posted_at IS NOT NULL THEN
        RAISE EXCEPTION 'journal entry % of organization % is posted', OLD.id, OLD.org_id
            USING ERRCODE = 'restrict_violation', HINT = 'book a reversal instead';
    END IF;
    IF TG_OP <> 'DELETE' AND EXISTS (
        SELECT FROM fiscal_period
        WHERE org_id = NEW.org_id AND id = NEW.period_id AND closed_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'fiscal period % of organization % is closed', NEW.period_id, NEW.org_id
            USING ERRCODE = 'restrict_violation', HINT = 'book into an open period';
    END IF;
    RETURN coalesce(NEW, OLD);
END $body$
"""

LINE = """
CREATE FUNCTION journal_line_is_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    -- One query a row image, so that each finds its parent by the key.
    IF (TG_OP <> 'INSERT' AND EXISTS (
            SELECT FROM journal_entry WHERE org_id = OLD.org_id AND id = OLD.entry_id AND posted_at IS NOT NULL))
        OR (TG_OP <> 'DELETE' AND EXISTS (
            SELECT FROM journal_entry WHERE org_id = NEW.org_id AND id = NEW.entry_id AND posted_at IS NOT NULL))
    THEN
        RAISE EXCEPTION 'the journal entry this line belongs to is posted'
            USING ERRCODE = 'restrict_violation', HINT = 'book a reversal instead';
    END IF;
    RETURN coalesce(NEW, OLD);
END $body$
"""

GUARD = """
CREATE TRIGGER {function} BEFORE INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}()
"""

GUARDED = (
    ("invoice_line", "invoice_part_is_frozen"),
    ("invoice_tax", "invoice_part_is_frozen"),
    ("journal_entry", "journal_entry_is_frozen"),
    ("journal_line", "journal_line_is_frozen"),
)

FROZEN_COLUMNS = (
    "org_id, id, series, number, kind, credit_of_id, customer_id, quote_id, project_id, issued_on, "
    "due_on, currency, fx_rate, net, tax, gross, base_net, base_tax, base_gross, bill_to_snapshot, "
    "content_hash, locked_at, created_at"
)

SQLITE = {
    "invoice_is_frozen_update": f"BEFORE UPDATE OF {FROZEN_COLUMNS} ON invoice WHEN OLD.locked_at IS NOT NULL",
    "invoice_is_frozen_delete": "BEFORE DELETE ON invoice WHEN OLD.locked_at IS NOT NULL",
    "journal_entry_is_frozen_update": "BEFORE UPDATE ON journal_entry WHEN OLD.posted_at IS NOT NULL",
    "journal_entry_is_frozen_delete": "BEFORE DELETE ON journal_entry WHEN OLD.posted_at IS NOT NULL",
    "journal_entry_period_is_open": (
        "BEFORE INSERT ON journal_entry WHEN EXISTS (SELECT 1 FROM fiscal_period "
        "WHERE org_id = NEW.org_id AND id = NEW.period_id AND closed_at IS NOT NULL)"
    ),
    "journal_entry_period_is_still_open": (
        "BEFORE UPDATE ON journal_entry WHEN EXISTS (SELECT 1 FROM fiscal_period "
        "WHERE org_id = NEW.org_id AND id = NEW.period_id AND closed_at IS NOT NULL)"
    ),
}

SQLITE_PARTS = (
    ("invoice_line", "invoice", "invoice_id", "locked_at"),
    ("invoice_tax", "invoice", "invoice_id", "locked_at"),
    ("journal_line", "journal_entry", "entry_id", "posted_at"),
)


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name, when in _sqlite_triggers().items():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{name}: this is final'); END")
        return
    for function in (INVOICE, PART, ENTRY, LINE):
        op.execute(function)
    op.execute(INVOICE_TRIGGER)
    for table, function in GUARDED:
        op.execute(GUARD.format(table=table, function=function))


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name in _sqlite_triggers():
            op.execute(f"DROP TRIGGER {name}")
        return
    op.execute("DROP TRIGGER invoice_is_frozen ON invoice")
    for table, function in GUARDED:
        op.execute(f"DROP TRIGGER {function} ON {table}")
    for function in ("invoice_is_frozen", *sorted({function for _table, function in GUARDED})):
        op.execute(f"DROP FUNCTION {function}()")


def _sqlite_triggers() -> dict[str, str]:
    triggers = dict(SQLITE)
    for table, parent, key, final in SQLITE_PARTS:
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "OLD NEW"), ("DELETE", "OLD")):
            owned = " OR ".join(f"(org_id = {row}.org_id AND id = {row}.{key})" for row in rows.split())
            triggers[f"{table}_is_frozen_{event.lower()}"] = (
                f"BEFORE {event} ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {parent} WHERE {final} IS NOT NULL AND ({owned}))"
            )
    return triggers
