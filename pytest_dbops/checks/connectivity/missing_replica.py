"""CON016."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_COUNTED = re.compile(r"^\s*(?:FIRST\s+|ANY\s+)?(\d+)\s*\(", re.IGNORECASE)


@check(
    "CON016",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.MONITOR,
    settings={"replicas": 0},
)
def missing_replica(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """Fewer replicas are connected than the environment declares, or than a commit waits for.

    With one replica too few, the next failure of the primary loses data or stops the service. When fewer
    synchronous replicas are connected than `synchronous_standby_names` asks for, every commit hangs. `replicas`
    declares how many should stream from this server; 0 declares none.

    Start the replica again, or look at its log; if it is gone for good, change `synchronous_standby_names` and
    drop its slot.
    """
    needed = int(settings.number("replicas"))
    connected = len(statistics.parts["replicas"])
    if connected < needed:
        yield Finding(
            "replicas",
            f"{connected} of {needed} declared replicas are connected",
            hint="SELECT application_name, client_addr, state FROM pg_stat_replication;",
        )
    yield from _synchronous(statistics)


def _synchronous(statistics: Statistics) -> Iterator[Finding]:
    """On a standby the setting waits for a promotion, so it is judged on a primary only."""
    wanted = _synchronous_count(statistics.settings.get("synchronous_standby_names", ""))
    if wanted == 0 or statistics.rows("server")[0]["in_recovery"]:
        return
    connected = sum(row["sync_state"] in ("sync", "quorum") for row in statistics.rows("replicas"))
    if connected < wanted:
        yield Finding(
            "synchronous_standby_names",
            f"{connected} of {wanted} synchronous replicas are connected; commits wait",
            hint="SELECT application_name, sync_state FROM pg_stat_replication;",
        )


def _synchronous_count(names: str) -> int:
    """Return how many replicas a commit waits for (manual, synchronous_standby_names)."""
    if not names.strip():
        return 0
    counted = _COUNTED.match(names)
    return int(counted.group(1)) if counted else 1
