"""Where in a TOML text each key is written, so that a message can name the line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

KeyPath = tuple[str | int, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]")
_ARRAY = re.compile(rf"\s*\[\[\s*({_DOTTED})\s*\]\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=(.*)", re.DOTALL)
_TOKEN = re.compile(r'''"""|\'\'\'|"(?:\\.|[^"\\])*"|'[^']*'|#.*|[\[\]{}]''')


class LineIndex:
    """The line of each key and table of one TOML text; what it does not know lies on its parent's line."""

    __slots__ = ("_lines",)

    def __init__(self, text: str) -> None:
        self._lines: Mapping[KeyPath, int] = dict(reversed(list(_entries(text))))

    def line_of(self, path: KeyPath) -> int | None:
        """Return the 1-based line of a key, of its nearest written parent, or None when no part is written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None


def _entries(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Yield path and line of all tables and keys in order; the first mention of a path counts."""
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    open_until, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        rest = line
        if not open_until and depth == 0:
            if found := _ARRAY.match(line):
                name = _parts(found[1])
                counts[name] = counts.get(name, -1) + 1
                table = (*name, counts[name])
                yield from ((name, number), (table, number))
                continue
            if found := _TABLE.match(line):
                table = _below_arrays(_parts(found[1]), counts)
                yield from ((table[:length], number) for length in range(len(table), 0, -1))
                continue
            if not (found := _KEY.match(line)):
                continue
            path = (*table, *_parts(found[1]))
            yield from ((path[:length], number) for length in range(len(path), len(table), -1))
            rest = found[2]
        open_until, depth = _scan(rest, open_until, depth)


def _scan(text: str, open_until: str, depth: int) -> tuple[str, int]:
    """Follow one line: which multi-line string is open at its end, and how many brackets."""
    while True:
        if open_until:
            _, closed, text = text.partition(open_until)
            if not closed:
                return open_until, depth
            open_until = ""
        for token in _TOKEN.finditer(text):
            word = token.group()
            if word in ('"""', "'''"):
                open_until, text = word, text[token.end() :]
                break
            depth += (word in "[{") - (word in "]}")
        else:
            return "", max(depth, 0)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(_unquoted(part) for part in re.findall(_PART, dotted))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    with suppress(ValueError):  # The escapes of TOML are those of JSON, but for a few that only cost the line.
        return str(json.loads(part)) if part[0] == '"' else part[1:-1]
    return part[1:-1]


def _below_arrays(name: tuple[str, ...], counts: Mapping[KeyPath, int]) -> KeyPath:
    """Put the index of the last element behind each part that names an array of tables."""
    path: KeyPath = ()
    for part in name:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path])
    return path
