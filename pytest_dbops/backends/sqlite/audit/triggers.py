"""The triggers that record, three a table: SQLite knows no statement triggers, and no row but by its columns."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_dbops.core.audit.installed import AuditObject, Role
from pytest_dbops.core.audit.rules import MASKED
from pytest_dbops.core.audit.wanted import AuditedTable

PREFIX = "dbops_audit_"
_TRIGGER = """\
CREATE TRIGGER {name} AFTER {event} ON {table} {when}BEGIN
    INSERT INTO dbops_audit_log
        (tenant, at, actor, request, table_schema, table_name, operation, row_key, changed, salt)
    SELECT {tenant}, strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z', a.actor, a.request, 'main', {text}, '{event}',
        {key}, {changed}, randomblob(16)
    FROM (SELECT 1) LEFT JOIN dbops_audit_actor AS a;
END"""


def recording_triggers(table: AuditedTable) -> tuple[AuditObject, ...]:
    """Return the triggers of one table; a column that is added later is not in them until they are made anew."""
    differs = " OR ".join(f"OLD.{quoted(name)} IS NOT NEW.{quoted(name)}" for name in table.columns)
    old, new = _image("OLD", table), _image("NEW", table)
    changes = f"json_object('old', json({_difference('OLD', table)}), 'new', json({_difference('NEW', table)}))"
    return (
        _recording(table, "INSERT", "NEW", "", f"json_object('new', json({new}))"),
        _recording(table, "UPDATE", "OLD", f"WHEN {differs}\n" if differs else "WHEN 0\n", changes),
        _recording(table, "DELETE", "OLD", "", f"json_object('old', json({old}))"),
    )


def _recording(table: AuditedTable, event: str, row: str, when: str, changed: str) -> AuditObject:
    name = quoted(f"{PREFIX}{table.name}_{event.lower()}")
    tenant = f"coalesce(CAST({row}.{quoted(table.tenant)} AS TEXT), '')" if table.tenant else "''"
    key = _object(f"SELECT {literal(each)} AS n, {_value(row, each, table)} AS v" for each in table.key)
    sql = _TRIGGER.format(
        name=name, event=event, table=quoted(table.name), when=when, tenant=tenant, text=literal(table.root_name),
        key=key if table.key else "NULL", changed=changed,
    )  # fmt: skip
    return AuditObject(
        Role.RECORDS, table.display, f"{PREFIX}{table.name}_{event.lower()}", sql,
        make=(sql,), drop=(f"DROP TRIGGER {name}",),
    )  # fmt: skip


def _image(row: str, table: AuditedTable) -> str:
    return _object(f"SELECT {literal(name)} AS n, {_value(row, name, table)} AS v" for name in table.columns)


def _difference(row: str, table: AuditedTable) -> str:
    return _object(
        f"SELECT {literal(name)} AS n, {_value(row, name, table)} AS v"
        f" WHERE OLD.{quoted(name)} IS NOT NEW.{quoted(name)}"
        for name in table.columns
    )


def _object(fields: Iterable[str]) -> str:
    # A function takes 127 arguments at most, and a compound SELECT has 500 terms (SQLite, "Limits").
    return f"(SELECT json_group_object(n, v) FROM ({' UNION ALL '.join(fields)}))"  # noqa: S608  # names are quoted


def _value(row: str, name: str, table: AuditedTable) -> str:
    column = f"{row}.{quoted(name)}"
    if name in table.masked:
        return f"CASE WHEN {column} IS NOT NULL THEN '{MASKED}' END"
    # JSON holds no bytes, which are told as PostgreSQL tells them, and no infinity.
    return (
        rf"CASE WHEN typeof({column}) = 'blob' THEN '\x' || lower(hex({column}))"
        f" WHEN {column} IN (9e999, -9e999) THEN CAST({column} AS TEXT) ELSE {column} END"
    )


def quoted(name: str) -> str:
    """Return a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text for SQL."""
    return "'" + text.replace("'", "''") + "'"
