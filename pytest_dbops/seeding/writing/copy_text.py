"""A block as the text that COPY reads: texts of its columns, joined (PostgreSQL manual, COPY, "Text Format")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.seeder import Scaled
from pytest_dbops.seeding.writing.block import Block, Cells, Constant
from pytest_dbops.seeding.writing.literals import NotText
from pytest_dbops.seeding.writing.texts import Filled, Texts, as_it_is, whole_numbers
from pytest_dbops.seeding.writing.values import bind_processor

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

__all__ = ["NotText", "Texts", "block_text"]

_PIECE_ROWS = 1000


def block_text(block: Block, dialect: Dialect, known: dict[TypeEngine[Any], Texts]) -> Iterator[str]:
    """Return the lines of a block in pieces, each put together when it is asked for.

    known: what is remembered from one block to the next, for columns of one type. Raises NotText, before the first
    piece, for a value whose text is known to the driver only.
    """
    columns: list[Filled] = []
    done: dict[tuple[int, TypeEngine[Any]], Filled] = {}
    for name, cells in block.columns.items():
        column = block.table.columns[name]
        if column.type not in known:
            is_own = type(column.type).__module__.partition(".")[0] == "sqlalchemy"
            known[column.type] = Texts(bind_processor(column, dialect), stores_bytes=is_own)
        # Columns that share one list, as the day a row was made and that of its last change, are worked out once.
        place = (id(cells), column.type)
        if place not in done:
            done[place] = _filled(cells, known[column.type], block.count)
        columns.append(done[place])
    return _pieces(columns, block.count)


def _pieces(columns: Sequence[Filled], count: int) -> Iterator[str]:
    """Yield lines, few enough at a time that what they are made of stays near the processor."""
    for start in range(0, count, _PIECE_ROWS):
        texts = [write(values[start : start + _PIECE_ROWS]) for write, values in columns]
        yield "\n".join(map("\t".join, zip(*texts, strict=True))) + "\n"


def _filled(cells: Cells, texts: Texts, count: int) -> Filled:
    """Return how a column is written, and from what."""
    if isinstance(cells, Constant):
        return as_it_is, [texts.of(cells.value)] * count
    if isinstance(cells, Scaled):
        return texts.of_scaled(cells)
    if isinstance(cells, range) and texts.process is None:
        return whole_numbers, cells
    return texts.of_all(cells)
