"""How many rows the tables of a file have, without reading the large ones.

SQLite keeps no such number. Up to `COUNTED_ROWS` rows are counted. Of a larger table the span of its row numbers is
known, and how closely its first and its last rows fill theirs; numbers drawn at random, or from a range a tenant, leave
most of a span empty. The rest is reckoned from those, and never more than the pages of the file could hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_dbops.core.session import Session

COUNTED_ROWS = 1_000
LEAST_ROW_BYTES = 6
"""Of a table's leaf, the least that a row takes: two of its place, and four of size, number, header and column (SQLite,
"Database File Format", 1.6 and 2.1)."""

_MOST_TERMS = 100
"""SQLite joins 500 SELECTs at most (SQLITE_MAX_COMPOUND_SELECT)."""

_COUNTED = "(SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {rows}))"
_LOWEST = "(SELECT min(_rowid_) FROM {table})"
_HIGHEST = "(SELECT max(_rowid_) FROM {table})"
_LAST_OF_FIRST = "(SELECT _rowid_ FROM {table} ORDER BY _rowid_ LIMIT 1 OFFSET {rows} - 1)"
_FIRST_OF_LAST = "(SELECT _rowid_ FROM {table} ORDER BY _rowid_ DESC LIMIT 1 OFFSET {rows} - 1)"


def row_counts(session: Session, numbered: dict[str, bool], size_bytes: int) -> dict[str, int | None]:
    """Return about how many rows each table has, exactly up to `COUNTED_ROWS`; None where that cannot be told.

    numbered: all tables, and whether their rows have numbers. size_bytes: of the file.
    """
    counts = {name: int(row["counted"]) for name, row in _asked(session, list(numbered), {"counted": _COUNTED}).items()}
    large = [name for name, count in counts.items() if count > COUNTED_ROWS]
    asked = {"low": _LOWEST, "high": _HIGHEST, "first": _LAST_OF_FIRST, "last": _FIRST_OF_LAST}
    reckoned = {
        name: _reckoned(row, size_bytes)
        for name, row in _asked(session, [name for name in large if numbered[name]], asked).items()
    }
    return counts | dict.fromkeys(large) | reckoned


def _asked(session: Session, tables: Sequence[str], asked: dict[str, str]) -> dict[str, Mapping[str, Any]]:
    """Return a row of answers for each table."""
    return {tables[row["place"]]: row for row in _rows(session, tables, asked)}


def _rows(session: Session, tables: Sequence[str], asked: dict[str, str]) -> Iterator[Mapping[str, Any]]:
    for at in range(0, len(tables), _MOST_TERMS):
        terms = []
        for place, name in enumerate(tables[at : at + _MOST_TERMS], at):
            table = '"' + name.replace('"', '""') + '"'
            answers = (f"{sql.format(table=table, rows=COUNTED_ROWS + 1)} AS {key}" for key, sql in asked.items())
            terms.append(f"SELECT {place:d} AS place, {', '.join(answers)}")
        yield from session.query(" UNION ALL ".join(terms))


def _reckoned(row: Mapping[str, Any], size_bytes: int) -> int | None:
    """Return about how many rows there are; None where a column hides the row number by its name."""
    numbers = [each for each in (row["low"], row["high"], row["first"], row["last"]) if isinstance(each, int)]
    if len(numbers) < 4:
        return None
    low, high, first, last = numbers
    looked_at = COUNTED_ROWS + 1
    spanned = (first - low + 1) + (high - last + 1)
    about = (high - low + 1) * 2 * looked_at // spanned if spanned > 0 else looked_at
    return max(looked_at, min(about, high - low + 1, size_bytes // LEAST_ROW_BYTES))
