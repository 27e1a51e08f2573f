"""How text fits into a given width: cut, wrapped, counted, set in columns."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence

from pytest_dbops.core.finding import JsonValue, Row
from pytest_dbops.reports.characters import visible

LONGEST_VALUE = 60
MOST_ROWS = 5
LONGEST_TEXT = 4000
_GAP = 2


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
    lines: list[str] = []
    for paragraph in text.split("\n"):
        for piece in _pieces(paragraph.rstrip(), width - display_width(indent)):
            before = indent if not lines or hanging is None else hanging
            lines.append(f"{before}{piece}".rstrip())
    return lines


def _pieces(line: str, room: int) -> list[str]:
    if display_width(line) <= room:
        return [line]
    pieces: list[str] = []
    piece, taken = "", 0
    for word in line.split(" "):
        width = display_width(word)
        if piece and taken + 1 + width > room:
            pieces.append(piece)
            piece, taken = word, width
        else:
            taken += width + (1 if piece else 0)
            piece = f"{piece} {word}" if piece else word
    return [*pieces, piece]


def evidence_table(rows: Sequence[Row], width: int) -> list[str]:
    """Return rows as lines: a heading, at most five rows, and what was left out; values cut at 60 columns.

    Columns that do not fit into `width` are left out and counted; the first is always shown, cut if need be.
    """
    if not rows:
        return []
    shown = rows[:MOST_ROWS]
    names = list(dict.fromkeys(name for row in shown for name in row))
    columns = [_column(name, shown) for name in names]
    kept = _fitting(columns, width)
    lines = [(" " * _GAP).join(cells).rstrip() for cells in zip(*kept, strict=True)]
    left_out = [
        *([counted(len(rows) - len(shown), "more row")] if len(rows) > len(shown) else []),
        *([counted(len(columns) - len(kept), "more column")] if len(columns) > len(kept) else []),
    ]
    return [*lines, f"({', '.join(left_out)})"] if left_out else lines


def _column(name: str, rows: Sequence[Row]) -> list[str]:
    """Return the cells of one column, heading first, padded to one width; numbers stand to the right."""
    values = [row.get(name, "") for row in rows]
    cells = [shortened(visible(text).replace("\n", " "), LONGEST_VALUE) for text in (name, *map(_cell, values))]
    width = max(display_width(cell) for cell in cells)
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    pads = [" " * (width - display_width(cell)) for cell in cells]
    return [pad + cell if is_number else cell + pad for pad, cell in zip(pads, cells, strict=True)]


def _cell(value: JsonValue) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _fitting(columns: Sequence[list[str]], width: int) -> list[list[str]]:
    kept: list[list[str]] = []
    taken = -_GAP
    for column in columns:
        taken += _GAP + display_width(column[0])
        if kept and taken > width:
            break
        kept.append(column)
    return kept
