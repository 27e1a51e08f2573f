"""Say before a row is written which seeders no longer fit the schema of a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.seeder import Seeder
from pytest_dbops.seeding.writing.block import nearest

if TYPE_CHECKING:
    from sqlalchemy import Engine, MetaData, Table

_SHOWN = 3


def refuse_unfit(engine: Engine, metadata: MetaData, seeders: Sequence[Seeder]) -> None:
    """Raise Blocked with the first reasons why the seeders do not fit."""
    problems = tuple(unfit_seeders(engine, metadata, seeders))
    if problems:
        more = f" (and {len(problems) - _SHOWN} more: dbops seed validate)" if len(problems) > _SHOWN else ""
        raise Blocked(f"{'; '.join(problems[:_SHOWN])}{more}")


def unfit_seeders(engine: Engine, metadata: MetaData, seeders: Sequence[Seeder]) -> Iterator[str]:
    """Yield one line for each table of a seeder that model and database do not agree on; reads the schema only."""
    from sqlalchemy import inspect

    live = {table: {c["name"]: c for c in columns} for table, columns in inspect(engine).get_multi_columns().items()}
    default = inspect(engine).default_schema_name
    for seeder in seeders:
        for name in seeder.tables:
            said = f"seeder {seeder.name!r}: table {name!r}"
            table = metadata.tables.get(name)
            if table is None:
                yield f"{said} is not in the project's metadata{nearest(name, metadata.tables)}"
                continue
            columns = _columns_of(engine, table, live, default)
            if columns is None:
                yield f"{said} is not in the database (run: dbops migrate deploy)"
                continue
            yield from _differences(said, table, columns)


def _columns_of(
    engine: Engine, table: Table, live: Mapping[tuple[str | None, str], Mapping[str, Any]], default: str | None
) -> Mapping[str, Any] | None:
    if table.schema is None or table.schema == default:
        return live.get((None, table.name)) or live.get((default, table.name))
    from sqlalchemy import inspect
    from sqlalchemy.exc import NoSuchTableError

    try:
        return {each["name"]: each for each in inspect(engine).get_columns(table.name, schema=table.schema)}
    except NoSuchTableError:
        return None


def _differences(said: str, table: Table, columns: Mapping[str, Any]) -> Iterator[str]:
    known = {column.name for column in table.columns}
    for name in sorted(known.difference(columns)):
        yield f"{said} has no column {name!r} in the database{nearest(name, columns)}"
    for name in sorted(set(columns).difference(known)):
        if _must_be_given(columns[name]):
            yield f"{said} needs a value for column {name!r}, which the model does not know"


def _must_be_given(column: Mapping[str, Any]) -> bool:
    return not (
        column["nullable"] or column["default"] is not None or column.get("identity") or column.get("computed")
    )  # fmt: skip
