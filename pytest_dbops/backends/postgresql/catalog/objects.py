"""The database, schemas, extensions and all rarer kinds from their common statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_dbops.backends.postgresql.catalog.acl import parse_access_list, read_privileges
from pytest_dbops.backends.postgresql.catalog.attributes import plain
from pytest_dbops.backends.postgresql.catalog.names import Names, is_hidden_schema, is_own_function
from pytest_dbops.backends.postgresql.catalog.table_parts import enabled_state
from pytest_dbops.core.catalog import (
    Database,
    DefaultPrivilege,
    EventTrigger,
    Extension,
    OtherObject,
    Privileges,
    Schema,
)
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen

_TYPED = frozenset({"database", "schema", "extension", "event trigger", "default privileges", "foreign table"})
_PRIVILEGE_KINDS = {
    "language": "language",
    "foreign data wrapper": "foreign data wrapper",
    "foreign server": "foreign server",
    "property graph": "table",
}
_DEFAULT_OBJECTS = {
    "r": "table",
    "S": "sequence",
    "f": "function",
    "T": "type",
    "n": "schema",
    "L": "large object",
}
_PROVIDERS = {"b": "builtin", "c": "libc", "i": "icu", "d": "default"}


@frozen
class ObjectRow:
    """One row of the statement that all rarer kinds share."""

    kind: str
    catalog: str
    oid: int
    schema_oid: int
    name: str
    owner: str
    access_list: Sequence[str] | None
    facts: dict[str, Any]


def parse_objects(rows: Iterable[Sequence[Any]], names: Names) -> list[ObjectRow]:
    """Return the rows sorted by kind and name; records schemas and operator classes in ``names``."""
    found = [_of(row) for row in rows]
    found.sort(key=lambda row: (row.kind, row.name))
    database = _database_row(found)
    for row in found:
        if row.kind == "schema" and not (is_hidden_schema(row.name) or row.facts["is_of_extension"]):
            names.schemas[row.oid] = row.name
    schemas = {row.oid: row.name for row in found if row.kind == "schema"}
    names.access_methods.update({int(oid): name for oid, name in database.facts["access_methods"].items()})
    names.tablespaces.update({int(oid): name for oid, name in database.facts["tablespaces"].items()})
    for row in found:
        if row.kind == "foreign table":
            names.foreign_tables[row.oid] = (row.name, tuple(sorted(row.facts["options"] or ())))
    for oid, (schema, name) in (database.facts["operator_classes"] or {}).items():
        qualifier = schemas.get(schema, "")
        names.operator_classes[int(oid)] = name if qualifier == "pg_catalog" else f"{qualifier}.{name}"
    return found


def require_one_transaction(rows: Iterable[Sequence[Any]]) -> None:
    """Raise CannotJudge when the settings of the first statement did not hold for the second.

    So it is on a connection that commits after every statement: names would come out wrong there.
    """
    require_settings(_database_row(map(_of, rows)).facts["search_path"])


def require_settings(search_path: str) -> None:
    """Raise CannotJudge when the path is not the one that was set."""
    if search_path != "":
        raise CannotJudge("the catalog must be read inside one transaction, but each statement had its own")


def _of(row: Sequence[Any]) -> ObjectRow:
    kind, catalog, oid, schema_oid, name, owner, access_list, facts = row
    return ObjectRow(kind, catalog, oid, schema_oid, name, owner, access_list, json.loads(facts))


def _database_row(rows: Iterable[ObjectRow]) -> ObjectRow:
    return next(row for row in rows if row.kind == "database")


def build_database(rows: Iterable[ObjectRow], names: Names) -> Database:
    """Return the database itself."""
    row = _database_row(rows)
    facts = row.facts
    locale = [text for text in (facts["locale"], facts["icu_rules"]) if text]
    limit = facts["connection_limit"]
    settings = [
        setting if role is None else f"{setting} (role {role})"
        for role, entries in facts["settings"] or ()
        for setting in entries
    ]
    return Database(
        row.name,
        facts["encoding"],
        facts["collate"],
        facts["ctype"],
        _PROVIDERS.get(facts["locale_provider"], facts["locale_provider"]),
        " ".join(locale),
        tuple(sorted([*settings, *([f"connection limit={limit}"] if limit >= 0 else [])])),
        row.owner,
        read_privileges(row.access_list, "database", row.owner, names.major),
        names.comment("pg_database", row.oid),
    )


def build_schemas(rows: Iterable[ObjectRow], names: Names) -> tuple[Schema, ...]:
    """Return the shown schemas by name."""
    return tuple(
        Schema(
            row.name,
            row.owner,
            read_privileges(row.access_list, "schema", row.owner, names.major),
            names.comment("pg_namespace", row.oid),
        )
        for row in rows
        if row.kind == "schema" and row.oid in names.schemas
    )


def build_extensions(rows: Iterable[ObjectRow], names: Names) -> tuple[Extension, ...]:
    """Return the installed extensions by name."""
    rows = list(rows)
    schemas = {row.oid: row.name for row in rows if row.kind == "schema"}
    return tuple(
        Extension(
            row.name,
            row.facts["version"],
            schemas.get(row.schema_oid, ""),
            row.owner,
            names.comment("pg_extension", row.oid),
        )
        for row in rows
        if row.kind == "extension"
    )


def build_event_triggers(rows: Iterable[ObjectRow], names: Names) -> tuple[EventTrigger, ...]:
    """Return the event triggers by name."""
    return tuple(
        EventTrigger(
            row.name,
            row.facts["event"],
            row.facts["function"],
            tuple(sorted(row.facts["tags"] or ())),
            enabled_state(row.facts["enabled"]),
            row.owner,
            names.comment("pg_event_trigger", row.oid),
        )
        for row in rows
        if row.kind == "event trigger" and not is_own_function(row.facts["function"])
    )


def build_default_privileges(rows: Iterable[ObjectRow], names: Names) -> tuple[DefaultPrivilege, ...]:
    """Return what objects of the future are granted, by role, schema and kind."""
    found = [
        DefaultPrivilege(
            row.owner,
            names.schemas.get(row.schema_oid, ""),
            _DEFAULT_OBJECTS[row.name],
            tuple(sorted(parse_access_list(row.access_list or (), row.owner))),
        )
        for row in rows
        if row.kind == "default privileges"
    ]
    return tuple(sorted(found, key=lambda item: (item.role, item.schema, item.kind)))


def build_others(rows: Iterable[ObjectRow], names: Names) -> tuple[OtherObject, ...]:
    """Return every object of a rarer kind, by kind, schema and name."""
    found = [_other(row, names) for row in rows if row.kind not in _TYPED and _is_shown(row, names)]
    return tuple(sorted(found, key=lambda item: (item.kind, item.schema, item.name)))


def _is_shown(row: ObjectRow, names: Names) -> bool:
    # Members that a user added to one of the server's own operator families are the user's.
    return not row.schema_oid or row.schema_oid in names.schemas or row.kind == "operator family"


def _other(row: ObjectRow, names: Names) -> OtherObject:
    privileges = Privileges()
    if row.kind in _PRIVILEGE_KINDS:
        privileges = read_privileges(row.access_list, _PRIVILEGE_KINDS[row.kind], row.owner, names.major)
    return OtherObject(
        row.kind,
        names.schemas.get(row.schema_oid, "pg_catalog") if row.schema_oid else "",
        row.name,
        tuple(plain(row.facts)),
        row.owner,
        privileges,
        names.comment(row.catalog, row.oid),
    )
