"""CON020."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_WAYS = {
    "abandoned": ("lost their client", "a network or a pool that drops connections without closing them"),
    "fatal": ("ended by a fatal error", "the server's log says which"),
    "killed": ("were ended by an administrator", "somebody ran pg_terminate_backend"),
}


@check(
    "CON020",
    category="connectivity",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"abandoned_per_hour": 0, "fatal_per_hour": 0, "killed_per_hour": 0},
)
def sessions_ended_badly(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Sessions were lost, killed, or ended by a fatal error.

    Their transactions were rolled back, and whoever used them met an error. Judged are sessions of this database
    between the last run and now (`abandoned_per_hour`, `fatal_per_hour`, `killed_per_hour`); each is told when it is
    passed.

    Look at the server's log, at time-outs of the network between, and at limits of memory.
    """
    window = window_of(statistics, history, "database_counters")
    for way, (what, hint) in _WAYS.items():
        number, limit = window.grown(f"sessions_{way}"), settings.number(f"{way}_per_hour")
        if window.per_hour(number) > limit:
            yield Finding(
                way,
                f"{number:.0f} sessions {what} {window}, {window.per_hour(number):.2g} an hour; {limit:g} is the limit",
                hint=hint,
            )
