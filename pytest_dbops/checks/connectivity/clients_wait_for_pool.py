"""CON023."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.pools import Pool, Pools
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "CON023",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"warn_s": 1, "fail_s": 5},
)
def clients_wait_for_pool(pools: Pools, settings: Settings) -> Iterator[Finding]:
    """Clients wait at the pooler for a connection to the server, or the pooler lets none through.

    The server looks idle meanwhile, and the application slow. Asked is the console of PgBouncer that `pooler` of
    `[env.NAME]` leads to, as one of its `stats_users`: how long the client has waited that waits longest (`warn_s`,
    `fail_s`), and whether a database is paused or disabled there.

    Find what holds the connections (CON008, CON010, CON012); raise `pool_size` where the server has room for more;
    RESUME or ENABLE a database that was halted.
    """
    for pool in pools.pools:
        yield from _waiting(pool, settings)
    for database, state in pools.halted:
        yield Finding(
            database,
            f"the pooler has {state} database {database!r}: its clients wait for it or are refused",
            hint=f"{'ENABLE' if state == 'disabled' else 'RESUME'} {database};",
            identity="halted",
        )


def _waiting(pool: Pool, settings: Settings) -> Iterator[Finding]:
    warn, fail = settings.number("warn_s"), settings.number("fail_s")
    severity = severity_of(pool.longest_wait_s, warn=warn, fail=fail)
    if severity and pool.clients_waiting:
        limit = limit_reached(severity, warn=warn, fail=fail)
        many = "s wait" if pool.clients_waiting > 1 else " waits"
        yield Finding(
            f"{pool.database}/{pool.role}",
            f"{pool.clients_waiting} client{many} at the pooler for database {pool.database!r} as {pool.role!r}, the "
            f"longest for {render_duration(pool.longest_wait_s)}, with {pool.servers_active} connections to the server"
            f" in use; {render_duration(limit)} is the limit",
            hint="see what holds the connections (CON008, CON010, CON012), then pool_size",
            severity=severity,
        )
