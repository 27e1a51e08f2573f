"""Colour and width of a terminal; plain where there is none, or where NO_COLOR asks for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TextIO

from pytest_dbops.reports.paint import Paint, ansi_paint, no_paint

_WIDEST = 120


def paint_for(stream: TextIO) -> Paint:
    """Return the function that paints text for `stream`."""
    wants = os.environ.get("FORCE_COLOR") or (stream.isatty() and not os.environ.get("NO_COLOR"))
    return ansi_paint if wants else no_paint


def width() -> int:
    """Return how many columns a line may have."""
    return min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as left-aligned columns; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
