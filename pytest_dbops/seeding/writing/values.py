"""Write a block by INSERT: many rows a statement where the types allow it, else as SQLAlchemy words it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from pytest_dbops.seeding.writing.block import Block

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Dialect, Table

# SQLite: 32 766 parameters a statement since 3.32; PostgreSQL's protocol counts them in 16 bits.
_MOST_PARAMETERS = 30_000
_ROWS_A_STATEMENT = {"sqlite": 100}
_ROWS = 500
_PLACEHOLDERS = {"qmark": "?", "format": "%s", "pyformat": "%s"}

BindProcessor = Callable[[Any], Any]


def insert_block(connection: Connection, block: Block) -> None:
    """Insert all rows of a block."""
    placeholder = _PLACEHOLDERS.get(connection.dialect.paramstyle)
    if placeholder is None or not is_plain(block.table, block.columns, connection.dialect):
        names = tuple(block.columns)
        connection.execute(block.table.insert(), [dict(zip(names, row, strict=True)) for row in block.rows()])
        return
    rows = zip(*bound_columns(block, connection.dialect), strict=True)
    at_once = min(_ROWS_A_STATEMENT.get(connection.dialect.name, _ROWS), _MOST_PARAMETERS // len(block.columns))
    while chunk := list(islice(rows, at_once)):
        sql = _statement(connection.dialect, block.table, tuple(block.columns), len(chunk), placeholder)
        connection.exec_driver_sql(sql, tuple(chain.from_iterable(chunk)))


def bound_columns(block: Block, dialect: Dialect) -> list[Sequence[Any]]:
    """Return the block's columns as the driver stores them: each value has passed its column's type."""
    processors = [bind_processor(block.table.columns[name], dialect) for name in block.columns]
    columns = zip(*block.rows(), strict=True)
    return [
        column if process is None else [process(value) for value in column]
        for column, process in zip(columns, processors, strict=True)
    ]


def bind_processor(column: Column[Any], dialect: Dialect) -> BindProcessor | None:
    """Return what a column's type does to a value before the driver gets it; None when it does nothing."""
    process: BindProcessor | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return process


def is_plain(table: Table, names: Sequence[str] | Any, dialect: Dialect) -> bool:
    """Whether a bound value may stand in a statement of ours: no SQL of the type's own, no default made by Python."""
    return all(
        _has_plain_type(column, dialect) if column.key in names else column.default is None for column in table.columns
    )


def _has_plain_type(column: Column[Any], dialect: Dialect) -> bool:
    from sqlalchemy import types

    plain = (
        types.Integer, types.Numeric, types.Float, types.String, types.Date, types.DateTime, types.Time, types.Boolean,
        types.LargeBinary, types.Uuid, types.JSON, types.Enum, types.Interval,
    )  # fmt: skip
    impl = column.type.dialect_impl(dialect)
    inner = getattr(impl, "impl_instance", getattr(impl, "impl", impl))
    return isinstance(inner, plain) and not getattr(column.type, "_has_bind_expression", False)


@lru_cache(maxsize=256)
def _statement(dialect: Dialect, table: Table, names: tuple[str, ...], count: int, placeholder: str) -> str:
    preparer = dialect.identifier_preparer
    columns = ", ".join(preparer.quote(table.columns[name].name) for name in names)
    over = "OVERRIDING SYSTEM VALUE " if dialect.name == "postgresql" and is_always_given(table, names) else ""
    row = f"({', '.join([placeholder] * len(names))})"
    return f"INSERT INTO {preparer.format_table(table)} ({columns}) {over}VALUES {', '.join([row] * count)}"


def is_always_given(table: Table, names: Sequence[str]) -> bool:
    """Whether a column is named that the server would always fill itself."""
    identities = (table.columns[name].identity for name in names)
    return any(each is not None and bool(each.always) for each in identities)
