"""Colour of a terminal, plain where there is none or NO_COLOR asks for it, and tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TextIO

from pytest_dbops.reports.paint import Paint, Style, ansi_paint, no_paint


def paint_for(stream: TextIO | None) -> Paint:
    """Return the function that paints text for `stream`; NO_COLOR comes before FORCE_COLOR (no-color.org)."""
    if stream is None or os.environ.get("NO_COLOR"):
        return no_paint
    return ansi_paint if os.environ.get("FORCE_COLOR") or stream.isatty() else no_paint


def table(rows: Sequence[Sequence[str]], *, paint: Paint = no_paint) -> str:
    """Return rows as left-aligned columns; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    heading, *lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join((paint(heading, Style.HEADING), *lines))
