"""A whole SQLite schema in five statements, whatever the number of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from pytest_dbops.backends.sqlite.catalog.create_other import trigger_definition, view_definition
from pytest_dbops.backends.sqlite.catalog.statements import STATEMENTS
from pytest_dbops.backends.sqlite.catalog.tables import (
    TableRows,
    build_table,
    build_virtual_table,
    with_other_indexes,
)
from pytest_dbops.core.catalog import Catalog, Database, Table, Trigger, View
from pytest_dbops.core.errors import CannotJudge

_OLDEST = (3, 38, 0)
_OWN_PREFIX = "dbops_"
_SERVER_PREFIX = "sqlite_"


class Queryable(Protocol):
    """Anything that runs one reading statement: a gate's session, or a wrapper of a user's connection."""

    def query(self, sql: str) -> Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]]:
        """Run one statement and return its rows, as mappings in column order or as plain sequences.

        Called five times a catalog; what it raises passes through.
        """


class _Object(NamedTuple):
    kind: str
    name: str
    table: str
    sql: str | None
    table_kind: str | None
    is_without_rowid: int | None
    is_strict: int | None


Rows = Mapping[str, Sequence[Sequence[Any]]]


def read_catalog(session: Queryable) -> Catalog:
    """Return the schema of the main database a session is connected to.

    Cost: five statements. Left out are SQLite's own tables, this tool's (``dbops_...``), the shadow
    tables that stand for a virtual one, and what is temporary or attached. Raises CannotJudge for a
    SQLite older than 3.38.
    """
    return build_catalog(_read_rows(session))


def _read_rows(session: Queryable) -> Rows:
    return {name: as_tuples(session.query(sql)) for name, sql in STATEMENTS.items()}


def as_tuples(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Return rows as plain tuples, in the order of their columns; as they are where a driver gives those."""
    rows = list(rows)
    if rows and type(rows[0]) is tuple:
        return rows
    return [tuple(row.values()) if isinstance(row, Mapping) else tuple(row) for row in rows]


def build_catalog(
    rows: Rows, built: Mapping[str, Table] | None = None, alike: Mapping[str, Table] | None = None
) -> Catalog:
    """Put a catalog together from the rows of each statement; touches no database.

    built: tables that were put together from the same rows before, by name; alike: those that were from the same but
    for rows of their indexes and triggers.
    """
    version_text, encoding, application_id, user_version = rows["database"][0]
    version = tuple(int(part) for part in version_text.split("."))
    if version < _OLDEST:
        raise CannotJudge(f"SQLite {version_text} is too old; the catalog needs 3.38 or newer")
    objects = [_Object._make(row) for row in rows["objects"]]
    shown = [item for item in objects if item.sql is not None and not _is_hidden(item)]
    triggers = _triggers(shown)
    settings = {"application_id": application_id, "user_version": user_version}
    return Catalog(
        "sqlite",
        version[0] * 1_000_000 + version[1] * 1_000 + version[2],
        Database(
            encoding=encoding,
            settings=tuple(f"{name}={value}" for name, value in settings.items() if value),
        ),
        tables=_tables(shown, TableRows.of(rows, objects), triggers, built or {}, alike or {}),
        views=tuple(
            View("main", item.name, view_definition(item.sql or ""), triggers=triggers.get(item.name.casefold(), ()))
            for item in _by_name(shown, "view")
        ),
    )


def _is_hidden(item: _Object) -> bool:
    return item.table_kind == "shadow" or _is_of_no_project(item.name) or _is_of_no_project(item.table)


@lru_cache(maxsize=10_000)
def _is_of_no_project(name: str) -> bool:
    """Tell by its name whether an object is the server's or ours; a walk asks the same names again and again."""
    return name.casefold().startswith((_OWN_PREFIX, _SERVER_PREFIX))


def _by_name(objects: Iterable[_Object], kind: str) -> list[_Object]:
    return sorted((item for item in objects if item.kind == kind), key=lambda item: item.name)


def _triggers(objects: Iterable[_Object]) -> dict[str, tuple[Trigger, ...]]:
    found: dict[str, tuple[Trigger, ...]] = {}
    for item in _by_name(objects, "trigger"):
        trigger = Trigger(item.name, trigger_definition(item.sql or ""))
        found[item.table.casefold()] = (*found.get(item.table.casefold(), ()), trigger)
    return found


def _tables(
    objects: Sequence[_Object], rows: TableRows, triggers: Mapping[str, tuple[Trigger, ...]],
    built: Mapping[str, Table], alike: Mapping[str, Table],
) -> tuple[Table, ...]:  # fmt: skip
    tables = []
    for item in _by_name(objects, "table"):
        if item.name in built:
            tables.append(built[item.name])
            continue
        own = triggers.get(item.name.casefold(), ())
        if item.name in alike:
            tables.append(with_other_indexes(alike[item.name], rows, own))
        elif item.table_kind == "virtual" or (item.sql or "").upper().startswith("CREATE VIRTUAL"):
            tables.append(build_virtual_table(item.name, item.sql or ""))
        else:
            tables.append(
                build_table(
                    item.name,
                    item.sql or "",
                    rows,
                    own,
                    is_strict=bool(item.is_strict),
                    is_without_rowid=bool(item.is_without_rowid),
                )
            )
    return tuple(tables)
