"""A block of rows by column, checked against the table it is meant for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.seeder import Scaled

if TYPE_CHECKING:
    from sqlalchemy import Column, Table


@dataclass(frozen=True, slots=True)
class Constant:
    """One value that all rows have."""

    value: Any


Cells = Sequence[Any] | Scaled | Constant


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one table, by column; all columns are `count` long, or constant."""

    table: Table
    columns: Mapping[str, Cells]
    count: int

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as Python values, in the order of the columns."""
        return zip(*(_repeated(cells, self.count) for cells in self.columns.values()), strict=True)

    def key_of(self, number: int) -> str:
        """Return the primary key of one row, from 0, in words: `id=3`; empty when the rows do not name it."""
        named = {name: _at(cells, number) for name, cells in self.columns.items()}
        key = [column.key for column in self.table.primary_key.columns]
        return ", ".join(f"{name}={named[name]!r}" for name in key) if set(key) <= set(named) else ""


def block_of_rows(table: Table, rows: Sequence[Mapping[str, object]], names: Iterable[str]) -> Block:
    """Return a block of rows that all have the same names."""
    return _with_defaults(Block(table, {name: [row[name] for row in rows] for name in names}, len(rows)))


def block_of_columns(table: Table, columns: Mapping[str, object]) -> Block:
    """Return a block of columns; raises ConfigError for an unknown column and for columns of unlike lengths."""
    refuse_unknown(table, columns)
    cells: dict[str, Cells] = {name: _cells(given) for name, given in columns.items()}
    lengths = {name: _length(each) for name, each in cells.items() if not isinstance(each, Constant)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ConfigError(f"table {table.name!r}: columns of one block differ in length ({told})")
    return _with_defaults(Block(table, cells, next(iter(lengths.values()), 1)))


def refuse_unknown(table: Table, names: Iterable[str]) -> None:
    """Raise ConfigError for a name that is no column of the table."""
    known = table.columns.keys()
    for unknown in sorted(set(names).difference(known)):
        raise ConfigError(f"table {table.name!r} has no column {unknown!r}{nearest(unknown, known)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the most similar known name; empty when none is."""
    found = get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _with_defaults(block: Block) -> Block:
    """Add the values that the model itself gives to columns which the rows leave out."""
    left_out = [column for column in block.table.columns if column.key not in block.columns]
    given = {
        column.key: Constant(getattr(column.default, "arg", None)) for column in left_out if _has_plain_default(column)
    }
    return Block(block.table, {**block.columns, **given}, block.count) if given else block


def _has_plain_default(column: Column[Any]) -> bool:
    return column.default is not None and bool(getattr(column.default, "is_scalar", False))


def _cells(given: object) -> Cells:
    return given if isinstance(given, list | tuple | range | Scaled) else Constant(given)


def _length(cells: Cells) -> int:
    return len(cells.values if isinstance(cells, Scaled) else cells)  # type: ignore[arg-type]


def _repeated(cells: Cells, count: int) -> Iterable[Any]:
    if isinstance(cells, Constant):
        return [cells.value] * count
    if isinstance(cells, Scaled):
        return [Decimal(f"{value}e-{cells.places}") for value in cells.values]
    return cells


def _at(cells: Cells, number: int) -> Any:
    if isinstance(cells, Constant):
        return cells.value
    return cells.values[number] if isinstance(cells, Scaled) else cells[number]
