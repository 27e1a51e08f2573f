"""Write one block of rows into its table, and say which row it was when the database refuses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeGuard

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.seeder import Scaled
from pytest_dbops.seeding.writing.block import Block, Cells, Constant
from pytest_dbops.seeding.writing.values import insert_block

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_MOST_TRIED_ROWS = 5000


class RowRefused(Exception):
    """Raised when a row cannot be stored; says table, row and what the database or the type says."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the blocks of one seeder, and remembers the highest value of each column that a sequence feeds."""

    highest: dict[tuple[Table, str], int] = field(default_factory=dict)

    def write(self, connection: Connection, block: Block) -> None:
        """Insert all rows of a block; raises RowRefused that names the first row which cannot be stored."""
        if not block.count:
            return
        try:
            with connection.begin_nested():
                insert_block(connection, block)
        except DbopsError:
            raise
        except Exception as err:  # of the driver, or of the project's own types
            number = _first_refused(connection, block)
            raise _refused(block, number, err) from err
        self._remember(block)

    def _remember(self, block: Block) -> None:
        for name, cells in block.columns.items():
            if is_numbered(block.table, name) and (highest := _highest(cells)) is not None:
                key = (block.table, block.table.columns[name].name)
                self.highest[key] = max(highest, self.highest.get(key, highest))


def is_numbered(table: Table, name: str) -> bool:
    """Whether a sequence feeds a column: it is an identity, or the key that SQLAlchemy makes a serial."""
    column = table.columns[name]
    return column.identity is not None or column is table.autoincrement_column


def _highest(cells: Cells) -> int | None:
    if isinstance(cells, Constant):
        return cells.value if isinstance(cells.value, int) else None
    if isinstance(cells, range):
        return max(cells[0], cells[-1])
    return max((value for value in cells if isinstance(value, int)), default=None) if _is_list(cells) else None


def _is_list(cells: Cells) -> TypeGuard[Sequence[Any]]:
    return isinstance(cells, list | tuple)


def _first_refused(connection: Connection, block: Block) -> int | None:
    """Try the rows one by one, in order, and return the first that fails alone; None when none does."""
    with connection.begin_nested() as whole:
        for number in range(min(block.count, _MOST_TRIED_ROWS)):
            try:
                with connection.begin_nested():
                    insert_block(connection, _row(block, number))
            except Exception:
                whole.rollback()
                return number
        whole.rollback()
    return None


def _row(block: Block, number: int) -> Block:
    columns = {name: _cell(cells, number) for name, cells in block.columns.items()}
    return replace(block, columns=columns, count=1)


def _cell(cells: Cells, number: int) -> Cells:
    if isinstance(cells, Constant):
        return cells
    if isinstance(cells, Scaled):
        return Scaled([cells.values[number]], cells.places)
    return [cells[number]]


def _refused(block: Block, number: int | None, err: Exception) -> RowRefused:
    original = getattr(err, "orig", None) or err
    key = "" if number is None else block.key_of(number)
    row = "" if number is None else f", row {number + 1}{f' ({key})' if key else ''}"
    said = " ".join(str(original).split()) or "no word"
    return RowRefused(f"{type(original).__name__}: table {block.table.name!r}{row}: {said}")
