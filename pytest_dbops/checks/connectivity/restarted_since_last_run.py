"""CON026."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import check
from pytest_dbops.core.counters import Sample, sample_of, samples_in
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "CON026",
    category="connectivity",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
)
def restarted_since_last_run(statistics: Statistics, history: History) -> Iterator[Finding]:
    """The server was started again since the last run, or has recovered from a crash.

    Every session was lost, and memory began empty. If nobody planned it, it was killed for want of memory, crashed,
    or restarted by a failing machine, and it will be again. A crash of one process makes the server start all others
    anew without being started itself; it shows in its counters, which are lost then. A reset of shared statistics by
    hand looks the same. Told once; another server than that of the last run is not compared.

    Read the server's log and the machine's (`dmesg`, out of memory) around that time. Nothing, if it was planned.
    """
    samples, now = samples_in(history), sample_of(statistics)
    if not samples:
        raise DoesNotApply("compares with an earlier run, and there is none (keep .dbops/history between runs)")
    before = samples[-1]
    if before.place != now.place:
        raise DoesNotApply("the last run saw another server or database")
    if before.started_at != now.started_at:
        yield _finding(f"the server was started at {now.started_at}", "restart", before)
    elif before.counts_from != now.counts_from:
        yield _finding("the server lost what it had counted, as after a crash of one of its processes", "crash", before)


def _finding(what: str, identity: str, before: Sample) -> Finding:
    return Finding(
        "server",
        f"{what}, since the last run at {before.taken_at}",
        hint="if nobody planned it, read the server's log and the machine's around that time",
        identity=identity,
    )
