"""Read the blocks of a page: files to write and commands to run, in their order.

A block may have a mark on the line before it: `<!-- file: NAME -->` is written, `<!-- append: NAME -->` added to a
file, `<!-- exit: N -->` says how a command must end. A `bash` block without a mark must end with 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[a-z]+): (?P<value>[^\n]+?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `mark` is empty where there is none."""

    language: str
    text: str
    mark: str
    value: str


def blocks_of(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for found in _BLOCK.finditer(page):
        yield Block(found["language"], found["text"], found["mark"] or "", found["value"] or "")
