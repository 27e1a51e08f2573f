"""A block as the text that COPY reads, each value through its column's own type.

A value is turned into text once and remembered; whole numbers and decimals given as whole numbers are written by one
format string a row. PostgreSQL manual, COPY, "Text Format".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pytest_dbops.core.seeder import Scaled
from pytest_dbops.seeding.writing.block import Block, Cells, Constant
from pytest_dbops.seeding.writing.values import BindProcessor, bind_processor

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect

NULL = "\\N"
_MOST_REMEMBERED = 50_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


_NEEDS_ESCAPE = re.compile("[" + re.escape("\\\t\n\r\b\f\v") + "]")


class NotText(Exception):
    """Raised for a value whose text is known to the driver only: the block is inserted instead."""


@dataclass(slots=True)
class Texts:
    """What has been turned into text for one column already; values that cannot be looked up by their identity."""

    process: BindProcessor | None
    known: dict[Any, str] = field(default_factory=dict)
    by_identity: dict[int, tuple[Any, str]] = field(default_factory=dict)

    def of(self, value: Any) -> str:
        """Return the text of one value."""
        return copy_text(value if self.process is None else self.process(value))

    def of_all(self, values: Sequence[Any]) -> Sequence[str]:
        """Return the texts of a column."""
        kinds = set(map(type, values))
        if kinds == {str} and self.process is None and not _NEEDS_ESCAPE.search("\0".join(values)):
            return values
        if kinds == {bytes} and self.of(values[0]) == _hexadecimal(values[0]):
            return list(map(_hexadecimal, values))
        try:
            missing = set(values).difference(self.known)
        except TypeError:
            return [self._of_unhashable(value) for value in values]
        if len(self.known) + len(missing) > _MOST_REMEMBERED:
            self.known.clear()
            missing = set(values)
        for value in missing:
            self.known[value] = self.of(value)
        return list(map(self.known.__getitem__, values))

    def _of_unhashable(self, value: Any) -> str:
        known = self.by_identity.get(id(value))
        if known is None:
            if len(self.by_identity) > _MOST_REMEMBERED:
                self.by_identity.clear()
            known = self.by_identity[id(value)] = (value, self.of(value))
        return known[1]


def block_text(block: Block, dialect: Dialect, known: dict[Column[Any], Texts]) -> str:
    """Return the lines of a block; known: what is remembered of each column from one block to the next."""
    formats: list[str] = []
    columns: list[Sequence[Any]] = []
    for name, cells in block.columns.items():
        column = block.table.columns[name]
        if column not in known:
            known[column] = Texts(bind_processor(column, dialect))
        form, values = _column(cells, known[column])
        formats.append(form)
        if values is not None:
            columns.append(values)
    line = "\t".join(formats) + "\n"
    if not columns:
        return line % () * block.count
    return "".join(map(line.__mod__, zip(*columns, strict=True)))


def copy_text(value: Any) -> str:
    """Return what COPY reads as a value that the driver would be given; raises NotText for a type unknown here."""
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, str):
        return str.translate(value, _ESCAPES)
    # What SQLAlchemy has wrapped for psycopg: a JSON document, or bytes.
    if hasattr(value, "obj") and hasattr(value, "dumps"):
        return (value.dumps or json.dumps)(value.obj).translate(_ESCAPES)
    if hasattr(value, "obj") and isinstance(value.obj, bytes | bytearray | memoryview):
        return copy_text(value.obj)
    raise NotText(type(value).__name__)


def _column(cells: Cells, texts: Texts) -> tuple[str, Sequence[Any] | None]:
    """Return the format of a column in a line, and the values that go into it; None for a constant."""
    if isinstance(cells, Constant):
        return texts.of(cells.value).replace("%", "%%"), None
    if isinstance(cells, Scaled):
        if _is_written_plainly(cells, texts.process):
            return f"%de-{cells.places}", cells.values
        return "%s", texts.of_all([Decimal(value).scaleb(-cells.places) for value in cells.values])
    if texts.process is None and (isinstance(cells, range) or set(map(type, cells)) == {int}):
        return "%d", cells
    return "%s", texts.of_all(cells)


def _is_written_plainly(cells: Scaled, process: BindProcessor | None) -> bool:
    """Whether the column's type stores these decimals as they are; tried on the outermost ones."""
    if process is None or not cells.values:
        return True
    tried = {cells.values[0], cells.values[-1], min(cells.values), max(cells.values)}
    decimals = [Decimal(value).scaleb(-cells.places) for value in tried]
    return all(isinstance(bound := process(each), Decimal) and bound == each for each in decimals)


def _hexadecimal(value: bytes | bytearray | memoryview) -> str:
    return "\\\\x" + value.hex()


def _isoformat(value: date | time) -> str:
    return value.isoformat()


def _datetimes() -> Mapping[type, Callable[[Any], str]]:
    from datetime import datetime

    return {date: _isoformat, time: _isoformat, datetime: _isoformat}


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda value: NULL,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    str: lambda value: value.translate(_ESCAPES),
    Decimal: str,
    bytes: _hexadecimal,
    bytearray: _hexadecimal,
    memoryview: _hexadecimal,
    UUID: str,
    **_datetimes(),
}
