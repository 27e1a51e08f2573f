"""The triggers of the trail: four on each audited table, and those that refuse changes of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_dbops.backends.postgresql.audit.functions import RECORD, REFUSE
from pytest_dbops.core.audit.installed import AuditObject, Role
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.audit.wanted import AuditedTable

PREFIX = "dbops_audit_"
GUARD_ROWS, GUARD_ALL = f"{PREFIX}refuse", f"{PREFIX}refuse_truncate"
GUARDED = ("audit_log", "audit_batch", "audit_seal")
"""Tables whose rows are only added; partitions of the log get the trigger on rows from it."""

_ROW, _BEFORE, _INSERT, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 4, 8, 16, 32
# Event: bits of pg_trigger.tgtype, the clause of the transition tables, and their names.
_EVENTS = {
    "INSERT": (_INSERT, "REFERENCING NEW TABLE AS new_rows", "", "new_rows"),
    "UPDATE": (_UPDATE, "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows", "old_rows", "new_rows"),
    "DELETE": (_DELETE, "REFERENCING OLD TABLE AS old_rows", "old_rows", ""),
    "TRUNCATE": (_TRUNCATE | _BEFORE, "", "", ""),
}


def recording_triggers(table: AuditedTable, rules: AuditRules) -> tuple[AuditObject, ...]:
    """Return the triggers of one table; TRUNCATE of a partitioned table fires those of its partitions."""
    words = (
        table.root_schema, table.root_name, array(table.key), table.tenant, array(table.masked), array(table.excluded),
        rules.actor, rules.request,
    )  # fmt: skip
    events = [event for event in _EVENTS if not (table.is_parent and event == "TRUNCATE")]
    return tuple(_recording(table, event, words) for event in events)


def _recording(table: AuditedTable, event: str, words: Sequence[str]) -> AuditObject:
    bits, referencing, old, new = _EVENTS[event]
    name, place = f"{PREFIX}{event.lower()}", qualified(table.schema, table.name)
    timing = "BEFORE" if bits & _BEFORE else "AFTER"
    create = (
        f"CREATE TRIGGER {name} {timing} {event} ON {place} {referencing}".rstrip()
        + f"\nFOR EACH STATEMENT EXECUTE FUNCTION {RECORD}({', '.join(map(literal, words))})"
    )
    return AuditObject(
        Role.RECORDS, table.display, name, _text(bits, old, new, RECORD, words),
        make=(create, f"ALTER TABLE {place} ENABLE ALWAYS TRIGGER {name}"), drop=(f"DROP TRIGGER {name} ON {place}",),
    )  # fmt: skip


def guarding_triggers(partitions: Iterable[str]) -> tuple[AuditObject, ...]:
    """Return the triggers that refuse; partitions: of the log, to which a statement may go past it."""
    found = [_guard(table, is_clone=False) for table in GUARDED]
    found += [guarding_partition(each) for each in partitions]
    return tuple(trigger for pair in found for trigger in pair)


def guarding_partition(name: str) -> tuple[AuditObject, AuditObject]:
    """Return the triggers of one partition of the log."""
    return _guard(name, is_clone=True)


def _guard(table: str, *, is_clone: bool) -> tuple[AuditObject, AuditObject]:
    """Return a table's two triggers; the one on rows comes to a partition from the log, and can only be switched on."""
    place = qualified("dbops", table)
    refuses = f"EXECUTE FUNCTION {REFUSE}()"
    on_rows = f"CREATE TRIGGER {GUARD_ROWS} BEFORE UPDATE OR DELETE ON {place}\nFOR EACH ROW {refuses}"
    on_all = f"CREATE TRIGGER {GUARD_ALL} BEFORE TRUNCATE ON {place}\nFOR EACH STATEMENT {refuses}"
    row_bits, all_bits = _ROW | _BEFORE | _UPDATE | _DELETE, _BEFORE | _TRUNCATE
    enable = f"ALTER TABLE {place} ENABLE ALWAYS TRIGGER"
    drop = f"DROP TRIGGER {{}} ON {place}"
    return (
        AuditObject(
            Role.REFUSES, f"dbops.{table}", GUARD_ROWS, _text(row_bits, "", "", REFUSE, ()),
            make=(*(() if is_clone else (on_rows,)), f"{enable} {GUARD_ROWS}"),
            drop=() if is_clone else (drop.format(GUARD_ROWS),),
        ),
        AuditObject(
            Role.REFUSES, f"dbops.{table}", GUARD_ALL, _text(all_bits, "", "", REFUSE, ()),
            make=(on_all, f"{enable} {GUARD_ALL}"), drop=(drop.format(GUARD_ALL),),
        ),
    )  # fmt: skip


def read_trigger(row: Mapping[str, Any], display: str) -> AuditObject:
    """Return a trigger as the database has it; it is on when it fires in every session."""
    words = bytes(row["arguments"]).decode("utf-8", "replace").split("\x00")[:-1]
    text = _text(row["bits"], row["old_rows"] or "", row["new_rows"] or "", row["function"], words)
    if row["is_narrowed"]:
        text += " only for some rows or columns"
    role = Role.RECORDS if row["function"] == RECORD or row["schema"] != "dbops" else Role.REFUSES
    drop = (f"DROP TRIGGER {_quoted(row['name'])} ON {qualified(row['schema'], row['table_name'])}",)
    return AuditObject(role, display, row["name"], text, is_on=row["enabled"] == "A", drop=drop)


def _text(bits: int, old: str, new: str, function: str, words: Sequence[str]) -> str:
    return f"type {bits} old {old or '-'} new {new or '-'} {function}({', '.join(map(literal, words))})"


def array(names: Iterable[str]) -> str:
    """Return names as the text of an array."""
    return "{" + ",".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names) + "}"


def qualified(schema: str, name: str) -> str:
    """Return a name for SQL."""
    return f"{_quoted(schema)}.{_quoted(name)}"


def literal(text: str) -> str:
    """Return a text for SQL, whatever standard_conforming_strings is."""
    body = text.replace("'", "''")
    return "E'" + body.replace("\\", "\\\\") + "'" if "\\" in text else f"'{body}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
