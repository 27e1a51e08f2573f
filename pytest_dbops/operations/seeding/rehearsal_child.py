"""The process that tries a project's seeds on a scratch database of ours (see `confined.py`)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.core.seeder import Seeder
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.build_child import build
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.imported import imported_files, imported_libraries
from pytest_dbops.operations.project_metadata import load_metadata
from pytest_dbops.seeding.clean import clean_database
from pytest_dbops.seeding.find import load_seeders
from pytest_dbops.seeding.fingerprint import table_fingerprints
from pytest_dbops.seeding.run import seed_database
from pytest_dbops.seeding.validate import unfit_seeders

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData

_RESTART = """
SELECT pg_catalog.setval(s.seqrelid::regclass, s.seqstart, false)
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('dbops', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%%'
"""
_REQUEST = SeedRequest()


def main() -> int:
    """Try what is asked for on standard input."""
    return run_confined(try_seeds, "the seeds cannot be tried")


def try_seeds(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Migrate, fill twice from nothing, fill again and clean; the reference rows stay for whoever ordered it."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    built = build({**order, "seeders": ""}, root, say)
    metadata, seeders = load_metadata(order["metadata"]), load_seeders(root / order["seeders"])
    engine = create_engine(own_url(order["url"]), poolclass=NullPool)
    found: dict[str, object] = {"unfit": list(unfit_seeders(engine, metadata, seeders)), "failed": ""}
    found |= {"unlike": [], "again": [], "reference": []}
    if not found["unfit"]:
        try:
            found |= _tried(engine, metadata, seeders)
        except DbopsError as err:
            found["failed"] = " ".join(str(err).split())
    return {**found, **built, "files": imported_files(root), "libraries": imported_libraries()}


def _tried(engine: Engine, metadata: MetaData, seeders: Sequence[Seeder]) -> dict[str, object]:
    tables = sorted({table for seeder in seeders for table in seeder.tables})
    first = _filled_and_rolled_back(engine, metadata, seeders, tables, lambda connection: [])
    again: list[str] = []

    def once_more(connection: Connection) -> list[str]:
        return _once_more(connection, metadata, seeders, tables)

    second = _filled_and_rolled_back(engine, metadata, seeders, tables, once_more, again)
    unlike = [name for name in tables if first[name] != second[name]]
    reference = [seeder for seeder in seeders if seeder.is_reference]
    seed_database(engine, metadata, reference, _REQUEST)
    return {"unlike": unlike, "again": again, "reference": _described(metadata, reference)}


def _filled_and_rolled_back(
    engine: Engine, metadata: MetaData, seeders: Sequence[Seeder], tables: Sequence[str], more: Any,
    told: list[str] | None = None,
) -> Mapping[str, str]:  # fmt: skip
    """Fill an empty database, read what it holds, and take all of it back."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql(_RESTART)
        seed_database(connection, metadata, seeders, _REQUEST)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        found = table_fingerprints(connection, metadata, tables)
        if told is not None:
            told += more(connection)
        connection.rollback()
    return found


def _once_more(
    connection: Connection, metadata: MetaData, seeders: Sequence[Seeder], tables: Sequence[str]
) -> list[str]:
    """Fill what is full, then clean and fill; return what is not as it was."""
    before = table_fingerprints(connection, metadata, tables)
    report = seed_database(connection, metadata, seeders, _REQUEST)
    told = [f"{result.name}: a second run made {result.rows} rows" for result in report.results if result.rows]
    if any(seeder.clean is None for seeder in seeders):
        return told
    clean_database(connection, metadata, seeders, _REQUEST)
    left = {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() for name in tables}  # noqa: S608
    told += [f"{name}: `clean` leaves {count} rows" for name, count in left.items() if count]
    if any(left.values()):
        return told
    seed_database(connection, metadata, seeders, _REQUEST)
    after = table_fingerprints(connection, metadata, tables)
    return told + [f"{name}: other rows after `clean` and a new run" for name in tables if before[name] != after[name]]


def _described(metadata: MetaData, seeders: Sequence[Seeder]) -> list[dict[str, object]]:
    tables = [metadata.tables[name] for seeder in seeders for name in seeder.tables]
    return [
        {
            "name": table.name,
            "key": [column.name for column in table.primary_key.columns],
            "columns": [column.name for column in table.columns],
        }
        for table in tables
        if table.schema is None and len(table.primary_key.columns)
    ]


if __name__ == "__main__":
    sys.exit(main())
