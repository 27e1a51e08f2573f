"""Sequences from the rows of pg_sequence."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Rows
from typing import Any

from pytest_dbops.backends.postgresql.catalog.acl import read_privileges
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.backends.postgresql.catalog.relations import PERSISTENCE
from pytest_dbops.core.catalog import ColumnReference, Sequence


def build_sequences(rows: Iterable[Rows[Any]], names: Names) -> tuple[Sequence, ...]:
    """Return the sequences of shown schemas, sorted by schema and name."""
    found = [_sequence(row, names) for row in rows if row[1] in names.schemas]
    return tuple(sorted(found, key=lambda sequence: (sequence.schema, sequence.name)))


def names_of_sequences(rows: Iterable[Rows[Any]], names: Names) -> dict[int, tuple[str, str]]:
    """Return the schema and the name of each sequence of shown schemas, by oid."""
    return {row[0]: (names.schemas[row[1]], row[2]) for row in rows if row[1] in names.schemas}


def _sequence(row: Rows[Any], names: Names) -> Sequence:
    oid, schema, name, owner, access_list, persistence, *numbers, table, column, dependency = row
    data_type, start, increment, minimum, maximum, cache, is_cycling = numbers
    return Sequence(
        names.schemas[schema],
        name,
        data_type,
        start,
        increment,
        minimum,
        maximum,
        cache,
        is_cycling,
        _owned_by(table, column, names),
        dependency == "i",
        PERSISTENCE[persistence],
        owner,
        read_privileges(access_list, "sequence", owner, names.major),
        names.comment("pg_class", oid),
    )


def _owned_by(table: int | None, column: int | None, names: Names) -> ColumnReference | None:
    if table is None or column is None or table not in names.columns:
        return None
    schema, name = names.relations[table]
    return ColumnReference(schema, name, names.columns[table][column])
