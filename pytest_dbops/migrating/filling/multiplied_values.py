"""SQL for the n-th of very many values of a type: distinct ones for keys, varied ones for columns without rules.

`t` is the row that is copied, `n` a number. What is None is copied as it is. Products of two odd constants scatter
numbers without a repetition, as a multiplicative hash does, so that an index is not built of sorted keys.
"""

from __future__ import annotations

import re
from typing import Protocol

from pytest_dbops.core.frozen import frozen

WAYS = 4
"""How many kinds of distinct text are tried: digits of a hash; the copied text with digits behind, before, within."""
_FIRST_KEY = 1_000_000
_SMALLEST_KEY = -32_000
_NUMBERS = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


@frozen
class Copied:
    """A column of the row that is copied: its quoted place, the family of its values, and its declared type."""

    place: str
    family: str
    type: str

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the type's modifier."""
        found = _NUMBERS.search(self.type)
        return tuple(int(each) for each in found.groups() if each) if found else ()

    @property
    def is_small(self) -> bool:
        """Whether it is a whole number of two bytes."""
        return self.type.lower() in ("smallint", "smallserial", "int2")


class Writing(Protocol):
    """How one product writes them."""

    overriding: str

    def series(self, first: int, count: int) -> str:
        """Return `count` rows with a number `n`, called g."""

    def distinct(self, column: Copied, n: str, way: int) -> str | None:
        """Return an expression that is another one for each n."""

    def varied(self, column: Copied, n: str) -> str | None:
        """Return an expression that differs from row to row, with repetitions, as long as what is copied."""


class PostgresqlWriting:
    """Values as PostgreSQL computes them."""

    overriding = "OVERRIDING SYSTEM VALUE"

    def series(self, first: int, count: int) -> str:
        """As `Writing` says."""
        return f"generate_series(CAST({first} AS bigint), CAST({first + count - 1} AS bigint)) AS g(n)"

    def distinct(self, column: Copied, n: str, way: int) -> str | None:
        """As `Writing` says."""
        match column.family:
            case "whole number":
                made = f"{n} + {_SMALLEST_KEY if column.is_small else _FIRST_KEY}"
            case "number":
                made = _decimal(f"{n} + {_FIRST_KEY}", n, column)
            case "text":
                made = self._text(column, n, way)
            case _:
                return self._other(column, n, n)
        return f"CAST({made} AS {column.type})"

    def varied(self, column: Copied, n: str) -> str | None:
        """As `Writing` says."""
        scattered = f"mod({n} * 2654435761, 4294967296)"
        match column.family:
            case "whole number":
                made = f"mod({scattered}, {30_000 if column.is_small else 1_000_000_000})"
            case "number":
                made = _decimal(scattered, scattered, column)
            case "text":
                length = f"length(CAST({column.place} AS text))"
                made = f"substr(repeat(md5(CAST({n} AS text)), {length} / 32 + 1), 1, {length})"
            case _:
                return self._other(column, n, f"mod({scattered}, 10000)")
        return f"CASE WHEN {column.place} IS NOT NULL THEN CAST({made} AS {column.type}) END"

    def _text(self, column: Copied, n: str, way: int) -> str:
        text, longest = f"CAST({column.place} AS text)", (*column.numbers, 0)[0]
        if way == 0:
            if 0 < longest < 8:
                return f"lpad(to_hex({n}), {longest}, '0')"
            digits = f"lpad(to_hex(mod({n} * 2654435761, 4294967296)), 8, '0')"
            return f"{digits} || substr(coalesce({text}, ''), 9)"
        given = f"coalesce({text}, '')"
        return [
            f"{given} || {n}",
            f"{n} || {given}",
            f"regexp_replace({given}, '[0-9]+', CAST(9000000 + {n} AS text))",
        ][way - 1]

    def _other(self, column: Copied, n: str, days: str) -> str | None:
        match column.family:
            case "inexact number":
                made = f"{n} + 0.5"
            case "UUID":
                made = f"md5(CAST({n} AS text))"
            case "bytes":
                made = f"decode(md5(CAST({n} AS text)), 'hex')"
            case "date":
                made = f"CAST('1990-01-01' AS date) + CAST({days} AS integer)"
            case "timestamp" | "timestamp with time zone":
                made = f"CAST('1990-01-01' AS timestamp) + {days} * CAST('1 hour' AS interval)"
            case _:
                return None
        return f"CAST({made} AS {column.type})"


class SqliteWriting:
    """Values as SQLite computes them."""

    overriding = ""

    def series(self, first: int, count: int) -> str:
        """As `Writing` says."""
        return (
            f"(WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {first + count - 1})"  # noqa: S608  # numbers
            " SELECT n FROM c) AS g"
        )

    def distinct(self, column: Copied, n: str, way: int) -> str | None:
        """As `Writing` says."""
        match column.family:
            case "whole number" | "number" | "inexact number":
                return f"{n} + {_FIRST_KEY}"
            case "text" | "any":
                return self._text(column, n, way)
            case "UUID":
                return f"printf('%032x', {n})"
            case "date":
                return f"date('1990-01-01', ({n}) || ' days')"
            case "timestamp":
                return f"strftime('%Y-%m-%d %H:%M:%S.000000', '1990-01-01', ({n}) || ' minutes')"
        return None

    def varied(self, column: Copied, n: str) -> str | None:
        """As `Writing` says."""
        scattered = f"(({n}) * 2654435761 % 4294967296)"
        match column.family:
            case "whole number":
                made = f"{scattered} % 1000000000"
            case "number":
                places = (*column.numbers, 0, 0)[1]
                made = f"round({scattered} % {10 ** min(6, (*column.numbers, 6)[0])} / {10.0**places}, {places})"
            case "text":
                digits = f"printf('%08x', {scattered})"
                made = f"substr({digits} || {column.place}, 1, length({column.place}))"
            case "date":
                made = f"date('1990-01-01', ({scattered} % 10000) || ' days')"
            case "timestamp":
                made = f"strftime('%Y-%m-%d %H:%M:%S.000000', '1990-01-01', ({scattered} % 9000000) || ' minutes')"
            case _:
                return None
        return f"CASE WHEN {column.place} IS NOT NULL THEN {made} END"

    def _text(self, column: Copied, n: str, way: int) -> str:
        given, longest = f"coalesce({column.place}, '')", (*column.numbers, 0)[0]
        if way == 0:
            if 0 < longest < 8:
                return f"printf('%0{longest}x', {n})"
            return f"printf('%08x', ({n}) * 2654435761 % 4294967296) || substr({given}, 9)"
        return [f"{given} || ({n})", f"({n}) || {given}", f"rtrim({given}, '0123456789') || ({n} + 9000000)"][way - 1]


WRITINGS: dict[str, Writing] = {"postgresql": PostgresqlWriting(), "sqlite": SqliteWriting()}


def _decimal(wide: str, narrow: str, column: Copied) -> str:
    """Return a number that fits: whole where there are seven digits for it, else of its last places."""
    precision, scale = (*column.numbers, 0, 0)[:2] if column.numbers else (30, 2)
    if precision - scale >= 10:
        return wide
    return f"mod({narrow}, {10 ** min(precision, 15)}) / CAST({10**scale} AS numeric)"
