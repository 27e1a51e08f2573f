"""SCH024."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pytest_dbops.checks.schema._money import MONEY_NAMES, POSSIBLE_MONEY_NAMES, money_columns
from pytest_dbops.checks.schema._patterns import matches_any
from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import add_constraint, alter_table
from pytest_dbops.checks.schema._types import base_type, is_domain_with_check, sqlite_affinity
from pytest_dbops.core.catalog import Catalog, Column, Table, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_TEXT = ("text", "character varying", "character")
_NUMBERS = ("numeric", "bigint", "integer", "smallint")


@check(
    "SCH024",
    category="schema",
    severity=Severity.WARNING,
    settings={
        "money_names": MONEY_NAMES,
        "possible_money_names": POSSIBLE_MONEY_NAMES,
        "status_names": ("status", "*_status"),
    },
)
def column_without_value_rule(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """A column takes values that nothing bounds: money of any scale, a status of any word.

    numeric without a scale keeps a third of a cent, and sums no longer agree with what was printed. A status in
    plain text takes a typing error, and the row falls out of every query that asks for the right word. Money
    without any CHECK (a payment below zero, a net that does not fit its gross) is a note. An enum, a domain with
    a CHECK or a foreign key to the table of allowed words is a rule as well.
    Columns are told by their names (`money_names`, `possible_money_names`, `status_names`).

    Use numeric(p, s); an enum or CHECK (status IN (...)); a CHECK on amounts.
    """
    sure, possible = settings.words("money_names"), settings.words("possible_money_names")
    for table in designed_tables(catalog):
        money = {column.name for column in money_columns(table, sure, possible)}
        for column in table.columns:
            if column.name in money:
                yield from _judge_money(catalog, table, column)
            elif _is_status(column, settings) and _is_text(catalog, column) and not _has_rule(catalog, table, column):
                yield _free_status(catalog, table, column)


def _judge_money(catalog: Catalog, table: Table, column: Column) -> Iterator[Finding]:
    subject = column_display(table, column.name)
    name = quote_identifier(column.name)
    if catalog.dialect != "sqlite" and base_type(catalog, column.type).removesuffix("[]") == "numeric":
        yield Finding(
            subject,
            f"money column {subject!r} is numeric without a scale: it keeps fractions of a cent",
            hint=alter_table(catalog, table, f"ALTER COLUMN {name} TYPE numeric(14,2)"),
            identity="scale",
        )
    if _is_number(catalog, column) and not column.generated and not _has_rule(catalog, table, column):
        yield Finding(
            subject,
            f"no CHECK speaks of money column {subject!r}: it takes any number",
            hint=add_constraint(catalog, table, f"CHECK ({name} >= 0)"),
            identity="check",
            severity=Severity.INFO,
        )


def _free_status(catalog: Catalog, table: Table, column: Column) -> Finding:
    subject = column_display(table, column.name)
    return Finding(
        subject,
        f"column {subject!r} is {column.type} and takes any word",
        hint=add_constraint(catalog, table, f"CHECK ({quote_identifier(column.name)} IN (<the allowed words>))"),
        identity="status",
    )


def _is_status(column: Column, settings: Settings) -> bool:
    return matches_any(column.name, settings.words("status_names"))


def _is_text(catalog: Catalog, column: Column) -> bool:
    if catalog.dialect == "sqlite":
        return sqlite_affinity(column.type) == "TEXT"
    return base_type(catalog, column.type).partition("(")[0] in _TEXT


def _is_number(catalog: Catalog, column: Column) -> bool:
    if catalog.dialect == "sqlite":
        return sqlite_affinity(column.type) in ("INTEGER", "NUMERIC")
    return base_type(catalog, column.type).partition("(")[0] in _NUMBERS


def _has_rule(catalog: Catalog, table: Table, column: Column) -> bool:
    word = _word(column.name)
    return (
        any(word.search(rule.expression) for rule in table.check_constraints)
        or any(column.name in key.columns for key in table.foreign_keys)
        or is_domain_with_check(catalog, column.type)
        or bool(column.generated)
    )


@lru_cache(maxsize=1024)
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
