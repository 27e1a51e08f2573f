"""Tables and views put together from all that was read about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pytest_dbops.backends.postgresql.catalog.acl import read_privileges
from pytest_dbops.backends.postgresql.catalog.columns import ColumnsByRelation
from pytest_dbops.backends.postgresql.catalog.constraints import EMPTY, Constraints
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.backends.postgresql.catalog.table_parts import NO_PARTS, TableParts
from pytest_dbops.core.catalog import Index, KeyConstraint, Persistence, Table, TableKind, View
from pytest_dbops.core.frozen import frozen

_KINDS = {"r": TableKind.PLAIN, "p": TableKind.PARTITIONED, "f": TableKind.FOREIGN}
_REPLICA_IDENTITY = {"d": "default", "n": "nothing", "f": "full", "i": "index"}
_DEFAULT_ACCESS_METHOD = "heap"
_VERSION_TABLE = "alembic_version"

PERSISTENCE = {"p": Persistence.PERMANENT, "u": Persistence.UNLOGGED, "t": Persistence.TEMPORARY}


class Relation(NamedTuple):
    """One row about a table, view or composite type, as the statement returns it."""

    oid: int
    schema_oid: int
    name: str
    kind: str
    owner: str
    access_list: Sequence[str] | None
    persistence: str
    row_security: bool
    force_row_security: bool
    replica_identity: str
    estimated_rows: float
    pages: int
    is_populated: bool
    storage: Sequence[str] | None
    toast_oid: int
    access_method: int
    tablespace: int
    parents: Sequence[int] | None
    definition: str | None
    partition_key: str | None
    partition_bound: str | None
    is_detaching: bool | None
    of_type: str | None


@frozen
class Parts:
    """Everything that hangs on relations, by the relation's oid."""

    columns: ColumnsByRelation
    constraints: Mapping[int, Constraints]
    indexes: Mapping[int, Sequence[Index]]
    index_by_oid: Mapping[int, Index]
    others: Mapping[int, TableParts]


def parse_relations(rows: Iterable[Sequence[Any]], names: Names) -> list[Relation]:
    """Return the relations of shown schemas, sorted by schema and name; records their names."""
    schemas = names.schemas
    found = [Relation._make(row) for row in rows]
    names.toast_options.update({row.oid: tuple(row.storage or ()) for row in found if row.kind == "t"})
    relations = [row for row in found if row.schema_oid in schemas]
    relations.sort(key=lambda relation: (schemas[relation.schema_oid], relation.name))
    for relation in relations:
        names.relations[relation.oid] = (schemas[relation.schema_oid], relation.name)
    return relations


def build_tables(relations: Iterable[Relation], parts: Parts, names: Names) -> tuple[Table, ...]:
    """Return the tables, foreign and partitioned ones included, in the order of ``relations``."""
    return tuple([_table(row, parts, names) for row in relations if row.kind in _KINDS])


def build_views(relations: Iterable[Relation], parts: Parts, names: Names) -> tuple[View, ...]:
    """Return views and materialized views, in the order of ``relations``."""
    return tuple([_view(row, parts, names) for row in relations if row.kind in "vm"])


def _table(row: Relation, parts: Parts, names: Names) -> Table:
    constraints = parts.constraints.get(row.oid, EMPTY)
    others = parts.others.get(row.oid, NO_PARTS)
    return Table(
        names.schemas[row.schema_oid],
        row.name,
        parts.columns[row.oid],
        _completed(constraints.keys, parts)[0] if constraints.keys else None,
        _completed(constraints.uniques, parts),
        tuple(constraints.foreign_keys),
        tuple(constraints.checks),
        tuple(constraints.exclusions),
        tuple(constraints.not_nulls),
        tuple(parts.indexes.get(row.oid, ())),
        others.sorted_triggers() if others.triggers else (),
        others.sorted_policies() if others.policies else (),
        others.sorted_rules() if others.rules else (),
        _KINDS[row.kind],
        PERSISTENCE[row.persistence],
        row.row_security,
        row.force_row_security,
        row.partition_key,
        _bound(row),
        tuple([names.display(oid) for oid in row.parents if oid in names.relations]) if row.parents else (),
        row.of_type or "",
        _REPLICA_IDENTITY[row.replica_identity],
        _access_method(row, names),
        names.tablespaces.get(row.tablespace, ""),
        _options(row, names),
        *names.foreign_tables.get(row.oid, ("", ())),
        is_version_table=row.name == _VERSION_TABLE,
        owner=row.owner,
        privileges=read_privileges(row.access_list, "table", row.owner, names.major),
        comment=names.comment("pg_class", row.oid),
        estimated_rows=row.estimated_rows,
        pages=row.pages,
    )


def _view(row: Relation, parts: Parts, names: Names) -> View:
    others = parts.others.get(row.oid, NO_PARTS)
    return View(
        names.schemas[row.schema_oid],
        row.name,
        (row.definition or "").strip().removesuffix(";"),
        parts.columns[row.oid],
        row.kind == "m",
        row.is_populated,
        row.persistence == "t",
        tuple(parts.indexes.get(row.oid, ())),
        others.sorted_triggers(),
        others.sorted_rules(),
        _options(row, names),
        _access_method(row, names),
        names.tablespaces.get(row.tablespace, ""),
        row.owner,
        read_privileges(row.access_list, "table", row.owner, names.major),
        names.comment("pg_class", row.oid),
        row.estimated_rows,
        row.pages,
    )


def _completed(keys: Iterable[tuple[int, KeyConstraint]], parts: Parts) -> tuple[KeyConstraint, ...]:
    """Add to keys what only their index knows."""
    result = []
    for oid, key in keys:
        index = parts.index_by_oid.get(oid)
        if index is not None and (index.include or index.nulls_not_distinct):
            key = replace(key, include=index.include, nulls_not_distinct=index.nulls_not_distinct)
        result.append(key)
    return tuple(result)


def _bound(row: Relation) -> str | None:
    if row.partition_bound is not None and row.is_detaching:
        return f"{row.partition_bound} (detach pending)"
    return row.partition_bound


def _access_method(row: Relation, names: Names) -> str:
    name = names.access_methods.get(row.access_method, "")
    return "" if name == _DEFAULT_ACCESS_METHOD else name


def _options(row: Relation, names: Names) -> tuple[str, ...]:
    toast = names.toast_options.get(row.toast_oid, ()) if row.toast_oid else ()
    if not toast and not row.storage:
        return ()
    return tuple(sorted([*(row.storage or ()), *(f"toast.{option}" for option in toast)]))
