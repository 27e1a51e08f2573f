"""SCH015."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pytest_dbops.checks.schema._money import MONEY_NAMES, POSSIBLE_MONEY_NAMES, money_columns
from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import alter_table
from pytest_dbops.checks.schema._types import base_type, sqlite_affinity
from pytest_dbops.core.catalog import Catalog, Column, Table, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check(
    "SCH015",
    category="schema",
    severity=Severity.WARNING,
    settings={
        "money_names": MONEY_NAMES,
        "possible_money_names": POSSIBLE_MONEY_NAMES,
        "longest_char": 3,
        "report_serial": False,
    },
)
def discouraged_type(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """A column has a type that does not mean what it seems to.

    timestamp without time zone is no moment: it means another one in every session's time zone. money depends
    on a setting of the server, timetz on a date that is not there, json keeps doubled keys and has no index,
    char(n) pads with blanks that come and go. Money in floating point is wrong by cents and an error; on SQLite
    NUMERIC with a fraction is floating point too. On SQLite a table that is not STRICT takes text into a number
    (a note, given once when no table is STRICT). Codes of up to `longest_char` letters may be char(n).
    Money is told by its name (`money_names`, `possible_money_names`); serial is named only with `report_serial`.

    Use timestamptz, numeric(p, s) or integer cents, jsonb and text; STRICT tables on SQLite.
    """
    sure, possible = settings.words("money_names"), settings.words("possible_money_names")
    rules = _Rules(settings.number("longest_char"), settings.flag("report_serial"))
    for table in designed_tables(catalog):
        money = {column.name for column in money_columns(table, sure, possible)}
        for column in table.columns:
            yield from _judge(catalog, table, column, rules, is_money=column.name in money)
    yield from _not_strict(catalog)


@dataclass(frozen=True, slots=True)
class _Rules:
    longest_char: float
    report_serial: bool


def _judge(catalog: Catalog, table: Table, column: Column, rules: _Rules, *, is_money: bool) -> Iterator[Finding]:
    judge = _sqlite_money if catalog.dialect == "sqlite" else _postgresql_type
    for severity, why, better in judge(catalog, column, is_money, rules):
        subject = column_display(table, column.name)
        yield Finding(
            subject,
            f"column {subject!r} is {column.type}: {why}",
            hint=_change(catalog, table, column, better),
            severity=severity,
        )


_Verdict = tuple[Severity, str, str]
"""How bad it is, why, and the better type."""


def _postgresql_type(catalog: Catalog, column: Column, is_money: bool, rules: _Rules) -> Iterator[_Verdict]:
    spelled = base_type(catalog, column.type)
    array = "[]" if spelled.endswith("[]") else ""
    bare = spelled.removesuffix("[]")
    name = bare.partition("(")[0]
    if name in ("real", "double precision") and is_money:
        yield Severity.ERROR, "floating point is wrong by cents", f"numeric(14,2){array}"
    for severity, why, better in _discouraged(bare, rules.longest_char):
        yield severity, why, better + array
    if rules.report_serial and (column.default or "").startswith("nextval(") and not column.identity:
        yield Severity.INFO, "its numbers come from a serial's sequence, with rights of its own", "an identity column"


@lru_cache(maxsize=1024)
def _discouraged(type_text: str, longest_char: float) -> tuple[_Verdict, ...]:
    """Return what is to be said of a type; a schema has many columns and few types."""
    name = _MODIFIER.sub("", type_text)
    if name in _DISCOURAGED:
        return (_DISCOURAGED[name],)
    modifier = _MODIFIER.search(type_text)
    if name == "character" and modifier and int(modifier.group(1)) > longest_char:
        return ((Severity.WARNING, "it pads with blanks, which some comparisons see and others do not", "text"),)
    return ()


_MODIFIER = re.compile(r"\((\d+)\)")
_DISCOURAGED: dict[str, _Verdict] = {
    "timestamp without time zone": (
        Severity.WARNING, "it means another moment in every time zone", "timestamp with time zone",
    ),
    "time with time zone": (Severity.WARNING, "an offset without a date is no time zone", "time without time zone"),
    "money": (Severity.ERROR, "its decimals and currency are a setting of the server", "numeric(14,2)"),
    "json": (Severity.WARNING, "it keeps doubled keys, has no equality and no index", "jsonb"),
}  # fmt: skip


def _sqlite_money(catalog: Catalog, column: Column, is_money: bool, rules: _Rules) -> Iterator[_Verdict]:
    if not is_money or column.generated:
        return
    affinity = sqlite_affinity(column.type)
    if affinity == "REAL":
        yield Severity.ERROR, "floating point is wrong by cents", "INTEGER (cents)"
    elif affinity == "NUMERIC" and _is_decimal(column.type):
        yield Severity.WARNING, "SQLite keeps its fractions in floating point", "INTEGER (cents)"


def _is_decimal(declared: str) -> bool:
    return any(word in declared.upper() for word in ("NUMERIC", "DECIMAL", "MONEY"))


def _change(catalog: Catalog, table: Table, column: Column, better: str) -> str:
    name = quote_identifier(column.name)
    if catalog.dialect == "sqlite":
        return alter_table(catalog, table, f"{name} {better}")
    if better == "an identity column":
        return f"give {table.quoted}.{name} an identity (GENERATED BY DEFAULT AS IDENTITY) and drop the sequence"
    is_moment = base_type(catalog, column.type).startswith("timestamp") and not column.is_array
    using = f"{name} AT TIME ZONE 'UTC'" if is_moment else f"{name}::{better}"
    return alter_table(catalog, table, f"ALTER COLUMN {name} TYPE {better} USING {using}")


def _not_strict(catalog: Catalog) -> Iterator[Finding]:
    if catalog.dialect != "sqlite":
        return
    tables = list(designed_tables(catalog))
    loose = [table for table in tables if not table.is_strict]
    if tables and loose == tables:
        yield Finding(
            "main",
            f"none of {len(tables)} tables is STRICT: a column takes values of any type",
            hint="rebuild tables as STRICT, or keep to CHECK (typeof(column) = '...') where it matters",
            identity="strict",
            severity=Severity.INFO,
        )
        return
    for table in loose:
        yield Finding(
            table.display,
            f"table {table.display!r} is not STRICT while others are: its columns take values of any type",
            hint=alter_table(catalog, table, "STRICT"),
            identity="strict",
            severity=Severity.INFO,
        )
