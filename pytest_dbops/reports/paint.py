"""The port by which text reports are coloured: a meaning for each piece of text, never a colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Style(StrEnum):
    """What a piece of text means; whoever prints it chooses how that looks."""

    GOOD = "good"
    WARNING = "warning"
    UNSURE = "unsure"
    BAD = "bad"
    HEADING = "heading"
    STRONG = "strong"
    MUTED = "muted"


Paint = Callable[[str, Style], str]
"""Returns a text with the marks of a style put around it; must not change the text itself."""

_ANSI: Mapping[Style, str] = MappingProxyType(
    {
        Style.GOOD: "1;32",
        Style.WARNING: "1;33",
        Style.UNSURE: "1;35",
        Style.BAD: "1;31",
        Style.HEADING: "1",
        Style.STRONG: "1",
        Style.MUTED: "2",
    }
)


def no_paint(text: str, style: Style) -> str:
    """Return the text alone, for files and for whoever asked for no colour."""
    return text


def ansi_paint(text: str, style: Style) -> str:
    """Return the text between ANSI escape sequences, for a terminal."""
    return f"\x1b[{_ANSI[style]}m{text}\x1b[0m" if text else text
