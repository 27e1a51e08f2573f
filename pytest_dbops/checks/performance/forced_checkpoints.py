"""PRF010."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of


@check(
    "PRF010",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"warn_percent": 20, "fail_percent": 50, "fewest": 10},
)
def forced_checkpoints(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Checkpoints are forced by the amount of WAL, before their time has come.

    Each checkpoint makes the next change of every page write the whole page to the WAL, which makes more WAL, which
    forces the next checkpoint: writes slow down in waves. Judged is the share of forced ones among at least `fewest`
    checkpoints between the last run and now (`warn_percent`, `fail_percent`). A backup or a CHECKPOINT statement
    counts as forced, too.

    Raise `max_wal_size`, so that checkpoints come by time.
    """
    window = window_of(statistics, history, "checkpoint_counters")
    forced, timed = window.grown("requested"), window.grown("timed")
    if forced + timed < settings.number("fewest"):
        return
    percent = 100 * forced / (forced + timed)
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    severity = severity_of(percent, warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            "max_wal_size",
            f"{forced:.0f} of {forced + timed:.0f} checkpoints were forced {window} ({percent:.0f} %); "
            f"{limit_reached(severity, warn=warn, fail=fail):g} % is the limit",
            hint="raise max_wal_size, then SELECT pg_reload_conf();",
            severity=severity,
        )
