"""The difference of two catalogs as one likes to read it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.difference import CatalogDiff, Difference

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_LONGEST_VALUE = 120


def summarize(diff: CatalogDiff) -> str:
    """Return what differs in one line, counted by object; says so when only column order does."""
    if diff.is_empty:
        return "no differences"
    counts = dict.fromkeys(_SIGNS, 0)
    for subject in diff.subjects:
        counts[_change_of(subject, diff)] += 1
    words = ", ".join(f"{count} {change}" for change, count in counts.items() if count)
    objects = sum(counts.values())
    tail = "" if not diff.same_meaning else f" ({', '.join(_facets(diff))} only)"
    return f"{objects} object{'' if objects == 1 else 's'} differ{'s' if objects == 1 else ''}: {words}{tail}"


def _change_of(subject: str, diff: CatalogDiff) -> str:
    for item in diff.differences:
        if item.subject == subject and not item.part and item.is_whole:
            return item.change.value
    return "changed"


def _facets(diff: CatalogDiff) -> list[str]:
    return sorted({item.facet.value for item in diff.differences})


def render_diff(diff: CatalogDiff, *, limit: int = 200) -> str:
    """Return all differences as text that ends with a newline: a summary, then object by object.

    ``+`` came, ``-`` went, ``~`` changed from old -> new; of a long text only the changed lines are
    shown. What is over the limit is counted in the last line.
    """
    lines = list(_lines(diff))
    if len(lines) > limit:
        hidden = len(lines) - limit
        lines = [*lines[:limit], f"... and {hidden} more line{'' if hidden == 1 else 's'}"]
    return "\n".join([summarize(diff), *lines]) + "\n"


def _lines(diff: CatalogDiff) -> Iterator[str]:
    subject = ""
    for item in diff.differences:
        if not item.part and item.is_whole:
            yield _with_facts(_SIGNS[item.change], item.subject, item.new or item.old)
            continue
        if item.subject != subject:
            subject = item.subject
            yield f"~ {subject}"
        yield from _inner(item)


def _inner(item: Difference) -> Iterator[str]:
    if item.is_whole:
        yield "    " + _with_facts(_SIGNS[item.change], item.part, item.new or item.old)
        return
    where = f"{item.part}: " if item.part else ""
    if item.old is not None and item.new is not None and "\n" in item.old + item.new:
        yield f"    ~ {where}{item.attribute}"
        yield from _changed_lines(item.old, item.new)
    else:
        yield f"    ~ {where}{_change_in_words(item)}"


def _with_facts(sign: str, name: str, facts: str | None) -> str:
    return f"{sign} {name}: {_short(facts)}" if facts else f"{sign} {name}"


def _change_in_words(item: Difference) -> str:
    if item.new == "yes" and item.old is None:
        return f"now {item.attribute}"
    if item.old == "yes" and item.new is None:
        return f"no longer {item.attribute}"
    return f"{item.attribute} {_value(item.old)} -> {_value(item.new)}".lstrip()


def _value(text: str | None) -> str:
    return "(none)" if text is None else _short(text)


def _short(text: str) -> str:
    text = text.replace("\n", "\\n")
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[: _LONGEST_VALUE - 20]}... ({len(text)} characters)"


def _changed_lines(old: str, new: str) -> Iterator[str]:
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1):
        if line.startswith(("---", "+++")):
            continue
        yield "        ..." if line.startswith("@@") else f"        {line}".rstrip()
