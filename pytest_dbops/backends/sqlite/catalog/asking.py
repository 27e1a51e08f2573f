"""Ask a SQLite database for what it lists of some of its tables.

One table is asked for by the pragmas themselves: as tables they cost three times as much, and more of them are needed
than there are pragmas. Many are asked for together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from pytest_dbops.backends.sqlite.catalog.read import Queryable, as_tuples
from pytest_dbops.backends.sqlite.catalog.statements import OF_TABLES, STATEMENTS

PARTS = ("objects", "columns", "indexes", "foreign_keys")
"""What is listed of a table, by the name of its statement."""
_NAME_OF = {"objects": 1, "columns": 0, "indexes": 0, "foreign_keys": 0}
_FEW = 4
"""Tables that are asked for one by one."""
_MANY = 40
"""More tables than these are asked for together with all others."""

Listed = Mapping[str, Sequence[Sequence[Any]]]


def ask(session: Queryable, texts: Mapping[str, str], *, of: int) -> dict[str, Listed]:
    """Return the rows of tables by table and statement, in the columns of `statements`.

    texts: that of each table, by name; none of a virtual one. of: how many tables there are in all.
    Cost: three pragmas a table and one an index, or four statements for more than a few tables; none for none.
    """
    if len(texts) <= _FEW:
        return {name: _ask_for_one(session, name, text) for name, text in texts.items()}
    found: dict[str, dict[str, list[Sequence[Any]]]] = {name: {part: [] for part in PARTS} for name in texts}
    for part in PARTS:
        for row in as_tuples(session.query(_statement(part, list(texts), of))):
            if (part != "objects" or row[0] == "table") and row[_NAME_OF[part]] in found:
                found[row[_NAME_OF[part]]][part].append(row)
    return {**found}


def ask_for_indexes(session: Queryable, names: Sequence[str]) -> Mapping[str, Sequence[Sequence[Any]]]:
    """Return what `ask` returns of the indexes of these tables."""
    if len(names) <= _FEW:
        return {name: _indexes_of(session, name) for name in names}
    by_name: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in as_tuples(session.query(_statement("indexes", names, 2 * len(names)))):
        by_name[row[0]].append(row)
    return {name: by_name[name] for name in names}


def _ask_for_one(session: Queryable, name: str, text: str) -> Listed:
    kind, is_without_rowid, is_strict = next(
        (row[2], row[4], row[5]) for row in _pragma(session, "table_list", name) if row[0] == "main"
    )
    foreign_keys = sorted(_pragma(session, "foreign_key_list", name), key=itemgetter(0, 1))
    return {
        "objects": [("table", name, name, text, kind, is_without_rowid, is_strict)],
        "columns": [(name, *row[1:]) for row in _pragma(session, "table_xinfo", name)],
        "indexes": _indexes_of(session, name),
        "foreign_keys": [(name, *row[:7]) for row in foreign_keys],
    }


def _indexes_of(session: Queryable, name: str) -> list[Sequence[Any]]:
    return [
        (name, *index, *key)
        for index in sorted(_pragma(session, "index_list", name), key=itemgetter(1))
        for key in _pragma(session, "index_xinfo", index[1])
    ]


def _pragma(session: Queryable, pragma: str, name: str) -> list[tuple[Any, ...]]:
    return as_tuples(session.query(f"PRAGMA main.{pragma}({_quoted(name)})"))


def _statement(part: str, names: Iterable[str], of: int) -> str:
    names = list(names)
    if len(names) > min(_MANY, of // 2):
        return STATEMENTS[part]
    return OF_TABLES[part].replace(":names", ", ".join(map(_quoted, names)))


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
