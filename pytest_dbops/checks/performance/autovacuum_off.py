"""PRF009."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, TableKind
from pytest_dbops.core.check import Privilege, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_OFF = ("autovacuum_enabled=false", "autovacuum_enabled=off", "autovacuum_enabled=0", "autovacuum_enabled=no")
_SERVER = {
    "autovacuum": "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();",
    "track_counts": "ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf();",
}


@check(
    "PRF009",
    category="performance",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.MONITOR,
)
def autovacuum_off(catalog: Catalog, statistics: Statistics, environment: Environment) -> Iterator[Finding]:
    """Autovacuum is switched off, for the server or for a table, or all its workers are taken.

    Dead rows are not removed, statistics grow old, tables and indexes bloat, and in the end the server stops taking
    writes so as not to lose rows to the wrap-around of transaction ids. The server's own settings are judged in
    staging and production only; a table that opts out is found anywhere, since a migration brought that along. All
    workers at work at this moment is a warning: a table may wait long.

    Switch it on, and make it gentler where it was in the way (`autovacuum_vacuum_cost_delay`) instead of off; give
    it more workers (`autovacuum_max_workers`) where they are always taken.
    """
    for table in catalog.tables:
        if table.kind is TableKind.PLAIN and any(option.lower() in _OFF for option in table.options):
            yield Finding(
                table.display,
                f"autovacuum is off for table {table.display!r}",
                hint=f"ALTER TABLE {table.quoted} RESET (autovacuum_enabled);",
            )
    if environment.is_guarded:
        yield from _of_server(statistics)


def _of_server(statistics: Statistics) -> Iterator[Finding]:
    for name, hint in _SERVER.items():
        if statistics.settings.get(name) == "off":
            yield Finding(name, f"{name!r} is off: nothing is vacuumed or analysed by itself", hint=hint)
    most = int(statistics.settings.get("autovacuum_max_workers", "0"))
    working = sum(row["backend_type"] == "autovacuum worker" for row in statistics.rows("activity"))
    if most and working >= most:
        yield Finding(
            "autovacuum_max_workers",
            f"all {most} workers of autovacuum are at work",
            hint=f"ALTER SYSTEM SET autovacuum_max_workers = {most + 2};",
            severity=Severity.WARNING,
        )
