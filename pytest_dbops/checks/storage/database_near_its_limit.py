"""STO001."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import gauge_line
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, severity_of

_DAY_S = 86_400


@check(
    "STO001",
    category="storage",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    settings={"warn_bytes": 0, "fail_bytes": 0, "warn_days": 14, "fail_days": 3, "least_history_days": 2},
)
def database_near_its_limit(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """The database has outgrown the size that was planned for it, or will soon fill its disk.

    A full disk stops every write, and a server whose WAL has no room goes down. `warn_bytes` and `fail_bytes` are the
    size that is planned (0: none is). As soon as runs of `least_history_days` were kept, the growth between them tells
    when the plan, or the disk where its room is known, is used up: `warn_days`, `fail_days`. Without a plan and with a
    disk that cannot be seen, the check is skipped.

    Archive or delete what is not needed, or give it more room in time.
    """
    name, size = _size(statistics)
    capacity = _capacity(statistics, settings, size)
    if not capacity and "settings" in statistics.unreadable:  # and with them, where the data is
        raise MissingPrivilege(statistics.unreadable["settings"])
    if not capacity:
        raise DoesNotApply(
            "no size is planned, and the room of the disk is not known from here (write "
            "[checks.STO001] warn_bytes and fail_bytes)"
        )
    yield from _outgrown(name, size, settings)
    yield from _growing(name, size, capacity, gauge_line(statistics, history, "database_size//bytes"), settings)


def _size(statistics: Statistics) -> tuple[str, int]:
    (row,) = statistics.rows("database_size")
    return row["name"], row["bytes"]


def _capacity(statistics: Statistics, settings: Settings, size: int) -> float:
    """Return how many bytes the database may grow to; 0 where nothing tells."""
    planned = settings.number("fail_bytes") or settings.number("warn_bytes")
    free = [row["free_bytes"] for row in statistics.rows("disks") if row["name"] == "data"]
    return planned or (size + free[0] if free else 0)


def _outgrown(name: str, size: int, settings: Settings) -> Iterator[Finding]:
    warn = settings.number("warn_bytes") or float("inf")
    fail = settings.number("fail_bytes") or float("inf")
    severity = severity_of(size, warn=warn, fail=fail)
    if severity is not None:
        limit = limit_reached(severity, warn=warn, fail=fail)
        yield Finding(
            name,
            f"database {name!r} takes {render_bytes(size)}; {render_bytes(limit)} is the limit",
            hint="see STO003 for its biggest tables",
            identity="size",
            severity=severity,
        )


def _growing(
    name: str, size: int, capacity: float, line: Sequence[tuple[float, float]], settings: Settings
) -> Iterator[Finding]:
    if size >= capacity or line[0][0] > -settings.number("least_history_days") * _DAY_S:
        return
    a_day = _slope(line) * _DAY_S
    days = (capacity - size) / a_day if a_day > 0 else float("inf")
    warn, fail = settings.number("warn_days"), settings.number("fail_days")
    if days <= warn:
        yield Finding(
            name,
            f"database {name!r} grows by {render_bytes(a_day)} a day and will have used up {render_bytes(capacity)} in "
            f"{days:.0f} days, by its growth in the last {-line[0][0] / _DAY_S:.0f} days; "
            f"{fail if days <= fail else warn:g} days is the limit",
            hint="see STO003 for its biggest tables, or give it more room",
            identity="growth",
            severity=Severity.ERROR if days <= fail else Severity.WARNING,
        )


def _slope(line: Sequence[tuple[float, float]]) -> float:
    """Return the growth a second by least squares."""
    mean_x = sum(x for x, _ in line) / len(line)
    mean_y = sum(y for _, y in line) / len(line)
    spread = sum((x - mean_x) ** 2 for x, _ in line)
    return sum((x - mean_x) * (y - mean_y) for x, y in line) / spread if spread else 0.0
