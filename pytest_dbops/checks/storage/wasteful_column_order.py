"""STO011."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_dbops.checks.schema._scope import designed_tables
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_FIXED = {
    "boolean": (1, 1), "\"char\"": (1, 1), "smallint": (2, 2), "integer": (4, 4), "real": (4, 4), "date": (4, 4),
    "oid": (4, 4), "bigint": (8, 8), "double precision": (8, 8), "money": (8, 8), "time without time zone": (8, 8),
    "timestamp without time zone": (8, 8), "timestamp with time zone": (8, 8), "uuid": (16, 1), "interval": (16, 8),
}  # fmt: skip
"""Bytes and alignment of types of fixed length (PostgreSQL manual, pg_type)."""
_HEADER_BYTES = 24
_TEXT_BYTES = 17


@check(
    "STO011",
    category="storage",
    severity=Severity.INFO,
    backends=("postgresql",),
    settings={"least_percent": 10, "fewest_rows": 1_000_000},
)
def wasteful_column_order(catalog: Catalog, statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The order of a big table's columns wastes room between them.

    Advice only. A value of eight bytes begins at a multiple of eight, so a boolean before it takes eight as well; in
    a table of many rows that is much disk and memory for nothing. Told of are tables of `fewest_rows` whose columns
    of fixed length could be ordered to save `least_percent` of a row, by estimate.

    Order the columns from wide to narrow when the table is next rewritten; it is not worth a rewrite of its own.
    """
    rows = {table["name"]: table["rows"] or 0 for table in statistics.rows("tables")}
    for table in designed_tables(catalog):
        if rows.get(f"{table.schema}.{table.name}", 0) < settings.number("fewest_rows"):
            continue
        types = [column.type_name for column in table.columns if not column.is_array]
        now, best = _row_bytes(types), _row_bytes(sorted(types, key=_narrow_last))
        if 100 * (now - best) >= settings.number("least_percent") * now:
            yield Finding(
                table.display,
                f"a row of {table.display!r} takes about {now} bytes and would take {best} with its columns ordered "
                "from wide to narrow",
                hint="order them so when the table is next rewritten",
            )


def _row_bytes(types: Sequence[str]) -> int:
    place = _HEADER_BYTES
    for name in types:
        size, alignment = _FIXED.get(name, (_TEXT_BYTES, 1))
        place = -(-place // alignment) * alignment + size
    return -(-place // 8) * 8


def _narrow_last(name: str) -> int:
    return -_FIXED.get(name, (0, 0))[1]
