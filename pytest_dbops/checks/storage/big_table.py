"""STO003."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes


@check(
    "STO003",
    category="storage",
    severity=Severity.INFO,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"least_bytes": 53_687_091_200, "least_percent": 50},
)
def big_table(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A table is so big that everything done to it takes long.

    Advice only. Backups, restores, rewrites and vacuum of it set the pace for the whole database. Told of are tables
    of `least_bytes` with their indexes that are not partitioned and take `least_percent` of the database.

    Partition it, or archive its oldest rows.
    """
    (database,) = statistics.rows("database_size")
    for table in statistics.rows("tables"):
        size = (table["bytes"] or 0) + (table["index_bytes"] or 0)
        is_dominant = 100 * size >= settings.number("least_percent") * database["bytes"]
        if size >= settings.number("least_bytes") and is_dominant and table["parent"] is None:
            name = table["name"].removeprefix("public.")
            yield Finding(
                name,
                f"table {name!r} takes {render_bytes(size)} with its indexes, "
                f"{100 * size / database['bytes']:.0f} % of the database",
                hint="partition it by the column its old rows are told by",
            )
