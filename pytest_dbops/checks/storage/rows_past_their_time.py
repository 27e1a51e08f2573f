"""STO012."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.maintenance.archive import OldRowsFound
from pytest_dbops.core.severity import Severity


@check(
    "STO012",
    category="storage",
    severity=Severity.INFO,
    cost=Cost.FULL,
    privilege=Privilege.SELECT,
    settings={"fewest_rows": 1},
)
def rows_past_their_time(old_rows: OldRowsFound, settings: Settings) -> Iterator[Finding]:
    """A table holds rows that are older than the project keeps.

    They make every backup, vacuum and restore longer, and may be kept against what was promised to people. What is old
    is said by `[[archive]]`; told of are tables with at least `fewest_rows` such rows.

    `dbops maintenance auto` moves them into a copy, reads that back, and then deletes them.
    """
    for old in old_rows.found:
        if old.rows and old.rows >= settings.number("fewest_rows"):
            yield Finding(
                old.display,
                f"table {old.display!r} has {old.rows} row{'s' * (old.rows > 1)} from before {old.cutoff}, the oldest"
                f" day that [[archive]] keeps ({old.rule.older_than_days} days)",
                hint="dbops maintenance auto --task archive_rows",
            )
    if old_rows.uncounted:
        raise CannotJudge("; ".join(old_rows.uncounted))
