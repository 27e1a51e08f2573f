"""The tables of the trail, and the triggers that refuse changes of them."""

from __future__ import annotations

from pytest_dbops.core.audit.installed import AuditObject, Role

LOG = (
    """\
CREATE TABLE dbops_audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    at TEXT NOT NULL,
    transaction_id INTEGER,
    actor TEXT,
    request TEXT,
    role TEXT,
    table_schema TEXT NOT NULL,
    table_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    row_key TEXT,
    changed TEXT,
    salt BLOB
) STRICT""",
    "CREATE INDEX dbops_audit_log_records ON dbops_audit_log (id) WHERE operation IN ('ERASE', 'EXPIRE')",
    """\
CREATE TABLE dbops_audit_batch (
    number INTEGER PRIMARY KEY,
    after_id INTEGER NOT NULL,
    up_to_id INTEGER NOT NULL,
    sealed_at TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT""",
    """\
CREATE TABLE dbops_audit_seal (
    tenant TEXT NOT NULL,
    number INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    entries BLOB NOT NULL,
    commitments BLOB NOT NULL,
    hashes BLOB NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (tenant, number)
) STRICT""",
    "CREATE INDEX dbops_audit_seal_batch ON dbops_audit_seal (batch)",
    """\
CREATE TABLE dbops_audit_state (
    is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
    batches INTEGER NOT NULL,
    up_to_id INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT""",
    "INSERT INTO dbops_audit_state VALUES (1, 0, 0, zeroblob(32))",
    """\
CREATE TABLE dbops_audit_actor (
    is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
    actor TEXT,
    request TEXT
) STRICT""",
)
"""Everything that holds rows. The actor's one row is written and removed by whoever acts, within a transaction."""

_KEPT = ("id", "tenant", "at", "transaction_id", "actor", "request", "role", "table_schema", "table_name", "operation",
         "row_key")  # fmt: skip
_ONLY_ADDED = ("dbops_audit_batch", "dbops_audit_seal")
_SAYS = "RAISE(ABORT, '{} of the audit trail ({}) is refused: entries and seals are only added')"


def guarding_triggers() -> tuple[AuditObject, ...]:
    """Return the triggers that refuse; what an entry holds may be erased, and nothing else of it."""
    erases = " AND ".join(["NEW.changed IS NULL", "NEW.salt IS NULL", *(f"NEW.{name} IS OLD.{name}" for name in _KEPT)])
    return (
        _refusing("dbops_audit_log", "UPDATE", f"WHEN NOT ({erases})\n"),
        _refusing("dbops_audit_log", "DELETE"),
        *(
            _refusing(table, event)
            for table in ("dbops_audit_batch", "dbops_audit_seal")
            for event in ("UPDATE", "DELETE")
        ),
    )


def _refusing(table: str, event: str, when: str = "") -> AuditObject:
    name = f"{table}_no_{event.lower()}"
    sql = f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when}BEGIN\n    SELECT {_SAYS.format(event, table)};\nEND"
    return AuditObject(Role.REFUSES, table, name, sql, make=(sql,), drop=(f"DROP TRIGGER {name}",))
