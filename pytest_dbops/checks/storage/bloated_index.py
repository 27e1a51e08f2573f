"""STO005."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._extensions import require_extension, sure_function
from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.core.catalog import Catalog, display_name, quoted_name
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes


@check(
    "STO005",
    category="storage",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    cost=Cost.FULL,
    privilege=Privilege.MONITOR,
    settings={"warn_density_percent": 60, "fail_density_percent": 40, "least_bytes": 104_857_600},
)
def bloated_index(catalog: Catalog, statistics: Statistics, session: Session, settings: Settings) -> Iterator[Finding]:
    """Leaf pages of an index are far from full.

    It takes more memory and more reads than its rows need. Estimates mislead here, since equal keys are stored once,
    so the index is read by `pgstatindex`; the leaf density of B-trees of `least_bytes` or more is judged
    (`warn_density_percent`, `fail_density_percent`; a fresh index has 90). Without the extension pgstattuple the
    check is skipped. An index is read as a whole: one that takes longer than the environment's `statement_timeout_s`
    has no answer; raise that for a run in quiet hours.

    Build it anew without blocking writers: REINDEX INDEX CONCURRENTLY.
    """
    methods = {(index.schema, index.name): index.method for table in catalog.tables for index in table.indexes}
    wanted = [
        row
        for row in statistics.rows("index_activity")
        if row["bytes"] >= settings.number("least_bytes") and methods.get((row["schema"], row["name"])) == "btree"
    ]
    schema = require_extension(statistics, "pgstattuple")
    if not wanted:
        return
    function = sure_function(session, schema, "pgstatindex", "regclass")
    warn, fail = settings.number("warn_density_percent"), settings.number("fail_density_percent")
    for row in wanted:
        regclass = sure_text(sure_name(row["schema"], row["name"]))
        density = session.scalar(f"SELECT avg_leaf_density FROM {function}({regclass}::regclass)")  # noqa: S608
        if density is not None and density < warn:
            yield Finding(
                f"{display_name(row['schema'], row['table'])}.{row['name']}",
                f"leaf pages of index {row['name']!r} ({render_bytes(row['bytes'])}) are {density:.0f} % full; "
                f"{fail if density < fail else warn:g} % is the least",
                hint=f"REINDEX INDEX CONCURRENTLY {quoted_name(row['schema'], row['name'])};",
                severity=Severity.ERROR if density < fail else Severity.WARNING,
            )
