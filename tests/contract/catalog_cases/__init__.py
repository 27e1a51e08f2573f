"""Data of the catalog's tests: one schema with every kind of object, and each attribute altered alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pytest_dbops.core.catalog import Facet

FOLDER = Path(__file__).parent

_CASE = re.compile(r"^-- (?P<name>[^\[\n]+?)(?: \[(?P<notes>[^\]\n]*)\])?\n(?P<sql>(?:(?!--|\n).*\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """Statements, and what they must show: ``facets`` exactly, ``also`` perhaps; ``since`` is a major."""

    name: str
    sql: str
    facets: frozenset[Facet]
    also: frozenset[Facet]
    since: int


def load_cases(name: str, *, default: frozenset[Facet] = frozenset({Facet.STRUCTURE})) -> list[Case]:
    """Return the cases of one file; those that name no facet get the default."""
    text = (FOLDER / f"{name}.sql").read_text()
    return [_case(match["name"], match["notes"] or "", match["sql"], default) for match in _CASE.finditer(text)]


def _case(name: str, notes: str, sql: str, default: frozenset[Facet]) -> Case:
    facets, also, since = default, frozenset[Facet](), 0
    for note in filter(None, notes.split("; ")):
        if note.startswith("since "):
            since = int(note.removeprefix("since "))
        elif note == "also anything":
            also = frozenset(Facet)
        elif note.startswith("also "):
            also = frozenset(map(Facet, note.removeprefix("also ").split(", ")))
        else:
            facets = frozenset({Facet(note)})
    return Case(name, sql, facets, also, since)
