"""A whole catalog in twelve statements, whatever the number of tables."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from pytest_dbops.backends.postgresql.catalog.columns import build_columns
from pytest_dbops.backends.postgresql.catalog.constraints import build_constraints
from pytest_dbops.backends.postgresql.catalog.indexes import build_indexes
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.backends.postgresql.catalog.object_statements import RARE_CATALOGS, objects_statement
from pytest_dbops.backends.postgresql.catalog.objects import (
    build_database,
    build_default_privileges,
    build_event_triggers,
    build_extensions,
    build_others,
    build_schemas,
    parse_objects,
    require_one_transaction,
)
from pytest_dbops.backends.postgresql.catalog.relations import (
    Parts,
    Relation,
    build_tables,
    build_views,
    parse_relations,
)
from pytest_dbops.backends.postgresql.catalog.routine_statements import ROUTINES, TYPES
from pytest_dbops.backends.postgresql.catalog.routines import build_routines
from pytest_dbops.backends.postgresql.catalog.sequences import build_sequences, names_of_sequences
from pytest_dbops.backends.postgresql.catalog.session_port import Queryable, answers_to, as_tuples
from pytest_dbops.backends.postgresql.catalog.session_settings import PREPARE, RESTORE
from pytest_dbops.backends.postgresql.catalog.table_parts import build_table_parts
from pytest_dbops.backends.postgresql.catalog.table_statements import (
    COLUMNS,
    COMMENTS,
    CONSTRAINTS,
    INDEXES,
    RELATIONS,
    SEQUENCES,
    TABLE_PARTS,
)
from pytest_dbops.backends.postgresql.catalog.user_types import build_types
from pytest_dbops.backends.postgresql.catalog.versions import OLDEST_MAJOR, for_major
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen

STATEMENTS: Mapping[str, str] = {
    "comments": COMMENTS,
    "relations": RELATIONS,
    "columns": COLUMNS,
    "constraints": CONSTRAINTS,
    "indexes": INDEXES,
    "table_parts": TABLE_PARTS,
    "sequences": SEQUENCES,
    "routines": ROUTINES,
    "types": TYPES,
}

Rows = Mapping[str, Iterable[Sequence[Any]]]


def read_catalog(session: Queryable) -> Catalog:
    """Return the schema of the database a session is connected to.

    Cost: 12 statements in one transaction, which must be open already. Settings that shape the
    server's answers (search_path among them) are changed for these statements and put back. Raises
    CannotJudge for a server older than PostgreSQL 14 or a session without a transaction.
    """
    return read_whole(session).catalog


@frozen
class Whole:
    """A catalog with what its tables, views and sequences were made of; sequences: their schema and name by oid."""

    catalog: Catalog
    names: Names
    relations: Mapping[int, Relation]
    sequences: Mapping[int, tuple[str, str]]


def read_whole(session: Queryable) -> Whole:
    """Do what `read_catalog` does, and return what a later read of a part needs besides."""
    with garbage_collection_paused():
        return _read_and_build(session)


def _read_and_build(session: Queryable) -> Whole:
    # Its rows are gone when it returns, so that the collector never looks at them.
    version, present = _prepare(session)
    rows = _read_rows(session, {"objects": objects_statement(present), **STATEMENTS}, version // 10000)
    return build_catalog(rows, version)


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Keep the collector from running."""
    # A catalog is hundreds of thousands of objects without a cycle; looking through them again and
    # again while they are made takes 40 % of the client's time at 5 000 tables.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_rows(session: Queryable, texts: Mapping[str, str], major: int) -> Rows:
    try:
        answers = answers_to(session, [*(for_major(sql, major) for sql in texts.values()), RESTORE])
    except BaseException:
        with suppress(Exception):
            session.query(RESTORE)
        raise
    rows = dict(zip(texts, answers, strict=False))
    require_one_transaction(rows["objects"])
    return rows


def _prepare(session: Queryable) -> tuple[int, frozenset[str]]:
    (row,) = as_tuples(session.query(PREPARE))
    version = int(row[0])
    if version // 10000 < OLDEST_MAJOR:
        with suppress(Exception):
            session.query(RESTORE)
        raise CannotJudge(f"PostgreSQL {version // 10000} is too old; the catalog needs {OLDEST_MAJOR} or newer")
    return version, frozenset(catalog for catalog, flag in zip(RARE_CATALOGS, row[1:], strict=False) if flag)


def build_catalog(rows: Rows, version: int) -> Whole:
    """Put a catalog together from the rows of each statement; touches no database."""
    names = Names(major=version // 10000)
    objects = parse_objects(rows["objects"], names)
    names.add_comments(rows["comments"])
    relations, parts = build_parts(rows, names)
    sequences = list(rows["sequences"])
    catalog = Catalog(
        "postgresql",
        version,
        build_database(objects, names),
        build_schemas(objects, names),
        build_tables(relations, parts, names),
        build_views(relations, parts, names),
        build_sequences(sequences, names),
        build_routines(rows["routines"], names),
        build_types(rows["types"], parts.columns, parts.constraints, names),
        build_extensions(objects, names),
        build_event_triggers(objects, names),
        build_default_privileges(objects, names),
        build_others(objects, names),
    )
    return Whole(catalog, names, {row.oid: row for row in relations}, names_of_sequences(sequences, names))


def build_parts(rows: Rows, names: Names) -> tuple[list[Relation], Parts]:
    """Return the relations of the rows, sorted, and all that hangs on them; records their names."""
    relations = parse_relations(rows["relations"], names)
    columns = build_columns(rows["columns"], {row.oid: row.owner for row in relations}, names)
    constraints, behind = build_constraints(rows["constraints"], names)
    indexes, index_by_oid = build_indexes(rows["indexes"], behind, names)
    others = build_table_parts(rows["table_parts"], names)
    return relations, Parts(columns, constraints, indexes, index_by_oid, others)
