"""CON015."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, render_duration, severity_of

_LIMITS = ("warn_bytes", "fail_bytes", "warn_s", "fail_s")


@check(
    "CON015",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.MONITOR,
    settings={"warn_bytes": 16 << 20, "fail_bytes": 256 << 20, "warn_s": 30, "fail_s": 300},
)
def replication_lag(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A replica is behind its primary.

    Readers see old data, a failover would lose what has not arrived, and the primary keeps the WAL until it
    has. On a primary every replica is judged by the WAL it has not replayed (`warn_bytes`, `fail_bytes`) and by
    the time the server measured for that (`warn_s`, `fail_s`); on a standby, how old its last replayed
    transaction is, unless it has replayed all it was sent and still receives. A paused replay is reported too.

    Look for a slow network or disk on the replica, a conflict with a long query there, or
    `recovery_min_apply_delay`; resume with `SELECT pg_wal_replay_resume()`.
    """
    replicas = statistics.parts["replicas"]
    if replicas and "replicas" in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable["replicas"])
    for row in replicas:
        yield from _behind(f"replica {row['name']!r}", row["name"], row["lag_bytes"], row["lag_s"], settings)
    for row in statistics.rows("standby"):
        yield from _standby(row, settings)


def _standby(row: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    if row["pause_state"] != "not paused":
        yield Finding(
            "standby",
            f"replay is paused (state {row['pause_state']!r})",
            hint="SELECT pg_wal_replay_resume();",
            identity="paused",
        )
    is_current = row["is_receiving"] and not row["lag_bytes"]
    age_s = None if is_current else row["replayed_s"]
    yield from _behind("this standby", "standby", row["lag_bytes"], age_s, settings)


def _behind(
    what: str, subject: str, lag_bytes: float | None, lag_s: float | None, settings: Settings
) -> Iterator[Finding]:
    warn_bytes, fail_bytes, warn_s, fail_s = (settings.number(name) for name in _LIMITS)
    by_bytes = severity_of(lag_bytes or 0, warn=warn_bytes, fail=fail_bytes)
    by_time = severity_of(lag_s or 0, warn=warn_s, fail=fail_s)
    if by_bytes is not None and lag_bytes is not None:
        limit = render_bytes(limit_reached(by_bytes, warn=warn_bytes, fail=fail_bytes))
        message = f"{what} is {render_bytes(lag_bytes)} behind; the limit is {limit}"
        yield Finding(subject, message, hint=_LOOK, identity="bytes", severity=by_bytes)
    if by_time is not None and lag_s is not None:
        limit = render_duration(limit_reached(by_time, warn=warn_s, fail=fail_s))
        message = f"{what} is {render_duration(lag_s)} behind; the limit is {limit}"
        yield Finding(subject, message, hint=_LOOK, identity="time", severity=by_time)


_LOOK = "SELECT application_name, state, replay_lag FROM pg_stat_replication; on the primary"
