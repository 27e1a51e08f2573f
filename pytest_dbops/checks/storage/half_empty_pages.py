"""STO013."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Cost, Settings, check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes

_HAS_DBSTAT = "SELECT sqlite_compileoption_used('ENABLE_DBSTAT_VTAB')"
_TREES = """
SELECT s.name, s.pgsize AS bytes, s.unused AS unused_bytes, coalesce(o.type, 'table') AS kind
FROM dbstat AS s LEFT JOIN sqlite_schema AS o ON o.name = s.name
WHERE s.aggregate = 1
ORDER BY s.name
"""


@check(
    "STO013",
    category="storage",
    severity=Severity.WARNING,
    backends=("sqlite",),
    kinds=RUNTIME_KINDS,
    cost=Cost.FULL,
    settings={"warn_percent": 50, "least_bytes": 67_108_864},
)
def half_empty_pages(session: Session, settings: Settings) -> Iterator[Finding]:
    """More than half of a table's or an index's pages in a SQLite file is empty.

    Rows were deleted here and there, so no page became free, and the list of free pages (STO004) does not show it.
    Every scan reads the gaps, the cache holds them, and each copy of the file carries them. Wide rows leave at most
    half of a page empty by themselves. Told of are tables and indexes of `least_bytes` of which `warn_percent` is
    empty. Reads the whole file in one statement, which takes longer than the environment's `statement_timeout_s` for a
    very large one: then raise that for a run in quiet hours. Skipped where SQLite was built without dbstat.

    VACUUM the file when nobody writes to it; it needs the room of a second copy.
    """
    if not session.scalar(_HAS_DBSTAT):
        raise DoesNotApply("this SQLite was built without dbstat (SQLITE_ENABLE_DBSTAT_VTAB)")
    least, warn = settings.number("least_bytes"), settings.number("warn_percent")
    for tree in session.query(_TREES):
        percent = 100 * tree["unused_bytes"] / tree["bytes"]
        if tree["bytes"] >= least and percent > warn:
            yield Finding(
                tree["name"],
                f"{render_bytes(tree['unused_bytes'])} of the {render_bytes(tree['bytes'])} of {tree['kind']} "
                f"{tree['name']!r} are empty ({percent:.0f} %); {warn:g} % is the limit",
                hint="VACUUM;",
            )
