"""A rough forecast of a statement on big tables, from what it was seen to do on small ones.

Rows a second of one core of a modest server, on the slow side; whoever measures at several sizes knows better.
"""

from __future__ import annotations

import re

from pytest_dbops.core.forecast.fit import Estimate
from pytest_dbops.core.observed.sizes import Sizes
from pytest_dbops.core.observed.statement import ObservedStatement, RelationKind

SCANNED_PER_S = 2_000_000
REWRITTEN_PER_S = 250_000
INDEXED_PER_S = 400_000
CHANGED_PER_S = 50_000
_INDEXES = (RelationKind.INDEX, RelationKind.PARTITIONED_INDEX)
_BUILDS_INDEX = re.compile(r"CREATE\s+(UNIQUE\s+)?INDEX|\b(UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b(?!\s+USING\s+INDEX)", re.I)
_EMPTIES = re.compile(r"\s*TRUNCATE\b", re.I)


def rough_estimate(statement: ObservedStatement, sizes: Sizes) -> Estimate:
    """Return the same as what it is: a time without an interval, measured at no size."""
    ms = rough_ms(statement, sizes)
    return Estimate(ms, ms, ms)


def rough_ms(statement: ObservedStatement, sizes: Sizes) -> float:
    """Return about how many milliseconds a statement takes by itself on tables of these sizes."""
    if _EMPTIES.match(statement.sql):  # new files, but none of the old rows
        return statement.duration_ms
    built = 1 if _BUILDS_INDEX.search(statement.sql) else 0
    seconds = 0.0
    for table in statement.scanned_tables | statement.rewritten_tables:
        rows = sizes.rows(table) or 0
        is_rewritten = table in statement.rewritten_tables
        seconds += rows / (REWRITTEN_PER_S if is_rewritten else SCANNED_PER_S)
        rebuilt = sum(one.table == table and one.kind in _INDEXES for one in statement.rewrites)
        seconds += rows * (rebuilt + built) / INDEXED_PER_S
    for changed in statement.changed:
        seconds += (sizes.rows(changed.table) or 0) * changed.share / CHANGED_PER_S
    return statement.duration_ms + 1000 * seconds
