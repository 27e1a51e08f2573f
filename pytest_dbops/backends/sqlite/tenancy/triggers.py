"""Temporary triggers of one connection that let no row of another tenant be written.

They hang on the tables of the file and vanish with the connection. A row that is not the tenant's is passed over by
UPDATE and DELETE, as row-level security would; one that is written for another tenant ends the statement.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.backends.sqlite.tenancy.shapes import GuardedSchema, GuardedTable

PREFIX = "dbops_tenant"
TENANT = f"{PREFIX}_at_work"
LIFTED = f"{PREFIX}_lifted"
REFUSAL = "dbops: this row is not of the tenant at work"
"""How the message of a refused write begins."""


def trigger_name(table: GuardedTable, command: str) -> str:
    """Return what a trigger is called."""
    return f"{PREFIX}_{table.name}_{command.lower()}"


def trigger_statements(
    schema: GuardedSchema, *, left_out: frozenset[str] = frozenset(), only: frozenset[str] | None = None
) -> Iterator[str]:
    """Yield the statements that make triggers anew: all, or only some by name; none of those that are left out."""
    for table in schema.tables.values():
        if table.is_virtual:
            continue
        column = sure(table.column)
        is_other = f"coalesce({{row}}.{column} <> {TENANT}(), 1)"
        refuse = f"SELECT RAISE(ABORT, '{REFUSAL} (table {table.name.replace(chr(39), '')})')"
        new_is_other, old_is_other = is_other.format(row="NEW"), is_other.format(row="OLD")
        passed_over = f"SELECT CASE WHEN {old_is_other} THEN RAISE(IGNORE) ELSE RAISE(ABORT, '{REFUSAL}') END"
        for command, condition, then in (
            ("INSERT", new_is_other, refuse),
            ("UPDATE", f"({old_is_other} OR {new_is_other})", passed_over),
            ("DELETE", old_is_other, "SELECT RAISE(IGNORE)"),
        ):
            name = trigger_name(table, command)
            if only is not None and name not in only:
                continue
            yield f"DROP TRIGGER IF EXISTS temp.{sure(name)}"
            if name not in left_out:
                yield (
                    f"CREATE TEMP TRIGGER {sure(name)} BEFORE {command} ON main.{sure(table.name)}"
                    f" WHEN NOT {LIFTED}() AND {condition} BEGIN {then}; END"
                )


def sure(name: str) -> str:
    """Return a name no character can break."""
    return '"' + name.replace('"', '""') + '"'
