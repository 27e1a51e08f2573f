"""SCH026."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from pytest_dbops.checks.schema._reserved import RESERVED
from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import LONGEST_NAME
from pytest_dbops.core.catalog import Catalog, Constraint, Table, View, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_PLAIN = {"postgresql": re.compile(r"[a-z_][a-z0-9_$]*"), "sqlite": re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")}
_IS_RESERVED = "is a reserved word: it works in double quotes only"
_SHOWN = 5
_SURELY_SHORTER = LONGEST_NAME // 4 - 1
"""A name of so few characters is shorter in bytes as well: UTF-8 takes four for one at most."""


@check("SCH026", category="schema", severity=Severity.WARNING, settings={"pattern": ""})
def awkward_name(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """A name needs double quotes, may have been cut, or does not follow the project's convention.

    Without its quotes a name in upper case is another name to PostgreSQL, and `SELECT * FROM user` asks for the
    current role, not for the table. Every query by hand, report and script has to know. A name of exactly 63
    bytes was probably cut by PostgreSQL: a second one with the same beginning will clash (a note). Columns named
    like a reserved word are a note, tables a warning. `pattern` is a regular expression for tables and columns.

    Rename it; a view under the old name keeps old readers working.
    """
    things: list[Table | View] = [*designed_tables(catalog), *catalog.views]
    for thing in things:
        yield from _judge_table(catalog, thing, settings.text("pattern"))
        if isinstance(thing, Table):
            yield from _judge_columns(catalog, thing, settings.text("pattern"))
    if catalog.dialect == "postgresql":
        for thing in things:
            yield from _cut(thing)


def _judge_table(catalog: Catalog, thing: Table | View, pattern: str) -> Iterator[Finding]:
    reason = _reason(catalog, thing.name, pattern)
    if reason:
        yield Finding(
            thing.display,
            f"name {thing.name!r} {reason}",
            hint=f"ALTER {_word(thing)} {thing.quoted} RENAME TO {_new_name(catalog, thing.name, pattern)};",
            identity="name",
        )


def _judge_columns(catalog: Catalog, table: Table, pattern: str) -> Iterator[Finding]:
    """Yield one finding a table for columns that need quotes, and one for each reserved word: they differ in kind."""
    names = [column.name for column in table.columns]
    odd = [(name, reason) for name in names if (reason := _reason_in(catalog.dialect, name, pattern))]
    for name in [name for name, reason in odd if reason == _IS_RESERVED]:
        yield Finding(
            column_display(table, name),
            f"column {column_display(table, name)!r} {_IS_RESERVED}",
            hint=_rename(catalog, table, name, pattern),
            identity="reserved",
            severity=Severity.INFO,
        )
    others = [(name, reason) for name, reason in odd if reason != _IS_RESERVED]
    if others:
        yield Finding(
            table.display,
            f"{len(others)} column(s) of {table.display!r}, {_shown([name for name, _ in others])}: {others[0][1]}",
            hint=" ".join(_rename(catalog, table, name, pattern) for name, _ in others[:_SHOWN]),
            identity="names of columns",
        )


def _reason(catalog: Catalog, name: str, pattern: str) -> str:
    return _reason_in(catalog.dialect, name, pattern)


@lru_cache(maxsize=16_384)
def _reason_in(dialect: str, name: str, pattern: str) -> str:
    if not _PLAIN[dialect].fullmatch(name):
        return "needs double quotes everywhere"
    if name.lower() in RESERVED[dialect]:
        return _IS_RESERVED
    return f"does not match the project's pattern {pattern}" if pattern and not re.fullmatch(pattern, name) else ""


def _cut(thing: Table | View) -> Iterator[Finding]:
    names = [thing.name, *(column.name for column in thing.columns), *(index.name for index in thing.indexes)]
    if isinstance(thing, Table):
        rules: list[Constraint] = [*thing.foreign_keys, *thing.unique_constraints, *thing.check_constraints]
        names += [rule.name for rule in rules if rule.name not in names]
    for name in names:
        if len(name) > _SURELY_SHORTER and len(name.encode()) == LONGEST_NAME:
            yield Finding(
                thing.display,
                f"name {name!r} in {thing.display!r} is {LONGEST_NAME} bytes long, where PostgreSQL cuts names",
                hint="choose a shorter name, so that code and database agree on it",
                identity=name,
                severity=Severity.INFO,
            )


def _rename(catalog: Catalog, table: Table, name: str, pattern: str) -> str:
    new = _new_name(catalog, name, pattern)
    return f"ALTER TABLE {table.quoted} RENAME COLUMN {quote_identifier(name)} TO {new};"


def _new_name(catalog: Catalog, name: str, pattern: str) -> str:
    """Return the name as it could be; where a pattern decides, only people know."""
    if pattern:
        return f"<a name that matches {pattern}>"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"\W+", "_", words, flags=re.ASCII).strip("_").lower() or "renamed"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if plain in RESERVED[catalog.dialect] else quote_identifier(plain)


def _word(thing: Table | View) -> str:
    if isinstance(thing, Table):
        return "TABLE"
    return "MATERIALIZED VIEW" if thing.is_materialized else "VIEW"


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more
