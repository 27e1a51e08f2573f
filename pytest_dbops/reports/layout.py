"""How text fits into a given width: cut, wrapped, counted, set in columns."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from itertools import chain

from pytest_dbops.core.finding import JsonValue, Row
from pytest_dbops.reports.characters import visible

LONGEST_VALUE = 60
MOST_ROWS = 5
LONGEST_TEXT = 4000
_SPACE = "  "
_NUMBERS = frozenset((int, float))
_SHORT = LONGEST_VALUE // 2


def display_width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 check`, `1,024 checks`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shortened(text: str, width: int) -> str:
    """Return the text, cut with `...` so that it takes at most `width` columns."""
    if display_width(text) <= width:
        return text
    room = width - 3
    taken = 0
    for position, character in enumerate(text):
        taken += _character_width(character)
        if taken > room:
            return text[:position] + "..."
    return text


def bounded(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text of any length as one that a person would still read."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text) - longest:,} more characters)"


def wrapped(text: str, width: int, *, indent: str = "", hanging: str | None = None) -> list[str]:
    """Return the text as lines of at most `width` columns, indented; a word longer than that stays whole.

    `hanging` is the indent of all lines but the first.
    """
    if text.isascii() and "\n" not in text and len(indent) + len(text) <= width:
        return [f"{indent}{text}".rstrip()]
    after = indent if hanging is None else hanging
    lines: list[str] = []
    for paragraph in text.split("\n"):
        before = after if lines else indent
        for piece in _pieces(paragraph.rstrip(), width - display_width(before), width - display_width(after)):
            lines.append(f"{after if lines else indent}{piece}".rstrip())
    return lines


def _pieces(line: str, room: int, room_after: int) -> list[str]:
    """Return the line cut between words: the first piece fits into `room`, the others into `room_after`."""
    if display_width(line) <= room:
        return [line]
    pieces: list[str] = []
    piece, taken = "", 0
    for word in line.split(" "):
        width = display_width(word)
        if piece and taken + 1 + width > room:
            pieces.append(piece)
            piece, taken, room = word, width, room_after
        else:
            taken += width + (1 if piece else 0)
            piece = f"{piece} {word}" if piece else word
    return [*pieces, piece]


def evidence_table(rows: Sequence[Row], width: int) -> list[str]:
    """Return rows as lines: a heading, at most five rows, and what was left out; values cut at 60 columns.

    Columns that do not fit into `width` are left out and counted, and so is a row that has nothing in the others; the
    first column is always shown.
    """
    if not rows:
        return []
    shown = rows[:MOST_ROWS]
    names = list(dict.fromkeys(chain.from_iterable(shown)))
    columns: list[list[str]] = []
    taken = 0
    for name in names:
        column, column_width = _column(name, shown)
        taken += column_width + len(_SPACE)
        if columns and taken - len(_SPACE) > width:
            break
        columns.append(column)
    lines = [_SPACE.join(cells).rstrip() for cells in zip(*columns, strict=True)]
    filled = [line for line in lines[1:] if line]
    rows_left, columns_left = len(rows) - len(filled), len(names) - len(columns)
    if rows_left or columns_left:
        return [*lines[:1], *filled, _left_out(rows_left, columns_left)]
    return lines


def _left_out(rows: int, columns: int) -> str:
    parts = [counted(number, noun) for number, noun in ((rows, "more row"), (columns, "more column")) if number]
    return f"({', '.join(parts)})"


def _column(name: str, rows: Sequence[Row]) -> tuple[list[str], int]:
    """Return the cells of one column, heading first, padded to the width it has; numbers stand to the right."""
    values = [row.get(name, "") for row in rows]
    cells = [_cell(name), *map(_cell, values)]
    is_number = _NUMBERS.issuperset(map(type, values))
    if "".join(cells).isascii():
        widest = max(map(len, cells))
        if is_number:
            return [cell.rjust(widest) for cell in cells], widest
        return [cell.ljust(widest) for cell in cells], widest
    widths = [display_width(cell) for cell in cells]
    widest = max(widths)
    pads = [" " * (widest - width) for width in widths]
    return [pad + cell if is_number else cell + pad for cell, pad in zip(cells, pads, strict=True)], widest


def _cell(value: JsonValue) -> str:
    """Return a value as one line of at most 60 columns."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        text = value
    elif type(value) in _NUMBERS:
        text = str(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    # No character takes more than two columns.
    if len(text) <= _SHORT and text.isprintable():
        return text
    if not text.isprintable():
        text = visible(text).replace("\n", " ").replace("\t", " ")
    return text if len(text) <= _SHORT else shortened(text, LONGEST_VALUE)
