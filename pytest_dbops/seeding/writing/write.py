"""Write one block of rows into its table, and say which row it was when the database refuses one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeGuard

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.seeder import Scaled
from pytest_dbops.seeding.writing.block import Block, Cells, Constant
from pytest_dbops.seeding.writing.constraining import Constraining
from pytest_dbops.seeding.writing.copy_text import NotText, Texts, block_text
from pytest_dbops.seeding.writing.copying import can_copy, copy_block, copy_staged, is_watched, line_of, may_stage
from pytest_dbops.seeding.writing.values import insert_block, is_plain

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.types import TypeEngine

LEAST_COPIED = 200
"""Rows of one block from which on COPY costs less than INSERT."""

_TRIGGERS = "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE NOT tgisinternal)"
_GROWTH = 4
_MOST_TRIED_ROWS = 5000


class RowRefused(Exception):
    """Raised when a row cannot be stored; says table, row and what the database or the type says."""


class Path(Enum):
    """How rows get into a table."""

    INSERT = "INSERT of many rows a statement"
    COPY = "COPY"
    STAGED = "COPY into a temporary table, and INSERT from there: row-level security holds"
    CONSTRAINED = "COPY without indexes and keys, which are put back"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the blocks of one transaction, and remembers the highest value of each column that a sequence feeds.

    is_bulk: whether so many rows are to come that taking the keys off empty tables pays.
    written: is told the number of rows of each block that was written.
    """

    is_bulk: bool = False
    written: Callable[[int], None] = lambda rows: None
    highest: dict[tuple[Table, str], int] = field(default_factory=dict)
    paths: dict[Table, Path] = field(default_factory=dict)
    constraining: Constraining = field(default_factory=Constraining)
    _texts: dict[TypeEngine[Any], Texts] = field(default_factory=dict)
    _sizes: dict[Table, tuple[int, int]] = field(default_factory=dict)
    _triggers: list[bool] = field(default_factory=list)
    _stages: dict[Any, str] = field(default_factory=dict)

    def write(self, connection: Connection, block: Block) -> None:
        """Insert all rows of a block; raises RowRefused that names the first row which cannot be stored."""
        if not block.count:
            return
        path = self._path(connection, block)
        try:
            with _alone(connection, path):
                self._write(connection, block, path)
        except DbopsError:
            raise
        except Exception as err:  # of the driver, or of the project's own types
            number = line_of(err)
            if number is None and path is not Path.CONSTRAINED:
                number = _first_refused(connection, block)
            raise _refused(block, number, err) from err
        self._remember(block)
        self._let_plans_see(connection, block, path)
        self.written(block.count)

    def finish(self, connection: Connection) -> None:
        """Put back what was taken off; raises RowRefused for rows that a key or a reference does not allow."""
        try:
            self.constraining.put_back(connection)
        except Exception as err:
            original = getattr(err, "orig", None) or err
            raise RowRefused(f"{type(original).__name__}: {' '.join(str(original).split())}") from err

    def _write(self, connection: Connection, block: Block, path: Path) -> None:
        if path is Path.INSERT or (block.count < LEAST_COPIED and path is not Path.CONSTRAINED):
            insert_block(connection, block)
            return
        try:
            text = block_text(block, connection.dialect, self._texts)
        except NotText:
            insert_block(connection, block)
            return
        if path is Path.STAGED:
            copy_staged(connection, block, text, self._stages)
        else:
            copy_block(connection, block, text, option="WITH (FREEZE)" if path is Path.CONSTRAINED else "")

    def _path(self, connection: Connection, block: Block) -> Path:
        """Return how to write into a table; asked of the server once a transaction, and only for many rows."""
        known = self.paths.get(block.table)
        if known is not None:
            return known
        if connection.dialect.name != "postgresql" or (block.count < LEAST_COPIED and not self.is_bulk):
            return Path.INSERT
        self.paths[block.table] = self._found_path(connection, block)
        return self.paths[block.table]

    def _found_path(self, connection: Connection, block: Block) -> Path:
        if not can_copy(connection) or not is_plain(block.table, block.columns, connection.dialect):
            return Path.INSERT
        if self.is_bulk and self.constraining.take_off(connection, block.table):
            return Path.CONSTRAINED
        if is_watched(connection, block.table):
            return Path.STAGED if may_stage(connection) else Path.INSERT
        return Path.COPY

    def _let_plans_see(self, connection: Connection, block: Block, path: Path) -> None:
        """Gather statistics as a table grows: else triggers read it by the plans of when it was empty, row by row."""
        written, analyzed = self._sizes.get(block.table, (0, 0))
        written += block.count
        is_due = (
            path is not Path.CONSTRAINED
            and self._has_triggers(connection)
            and written >= max(LEAST_COPIED, _GROWTH * analyzed)
        )
        if is_due:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(block.table)}")
            analyzed = written
        self._sizes[block.table] = written, analyzed

    def _has_triggers(self, connection: Connection) -> bool:
        """Whether code of the project's own runs when rows are written; asked once."""
        if not self._triggers:
            found = connection.dialect.name == "postgresql" and bool(connection.exec_driver_sql(_TRIGGERS).scalar())
            self._triggers.append(found)
        return self._triggers[0]

    def _remember(self, block: Block) -> None:
        for name, cells in block.columns.items():
            if is_numbered(block.table, name) and (highest := _highest(cells)) is not None:
                key = (block.table, block.table.columns[name].name)
                self.highest[key] = max(highest, self.highest.get(key, highest))


def _alone(connection: Connection, path: Path) -> AbstractContextManager[object]:
    """Return what undoes a block that fails, and nothing else of its transaction."""
    if path is Path.CONSTRAINED:
        # What is written frozen must be written in the transaction that truncated, not in one within it.
        return nullcontext()
    return connection.begin_nested() if path is Path.INSERT else _within_savepoint(connection)


@contextmanager
def _within_savepoint(connection: Connection) -> Iterator[None]:
    """Do what `begin_nested` does, by the driver that knows COPY, for a tenth of what a block costs less."""
    with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SAVEPOINT dbops_block")
        try:
            yield
        except BaseException:
            with suppress(Exception):  # a connection that is lost has nothing to undo
                cursor.execute("ROLLBACK TO SAVEPOINT dbops_block")
            raise
        cursor.execute("RELEASE SAVEPOINT dbops_block")


def is_numbered(table: Table, name: str) -> bool:
    """Whether a sequence feeds a column: it is an identity, or the key that SQLAlchemy makes a serial."""
    column = table.columns[name]
    return column.identity is not None or column is table.autoincrement_column


def _highest(cells: Cells) -> int | None:
    if isinstance(cells, Constant):
        return cells.value if isinstance(cells.value, int) else None
    if isinstance(cells, range):
        return max(cells[0], cells[-1])
    if not _is_list(cells):
        return None
    numbers = cells if set(map(type, cells)) == {int} else [value for value in cells if isinstance(value, int)]
    return max(numbers, default=None)


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
