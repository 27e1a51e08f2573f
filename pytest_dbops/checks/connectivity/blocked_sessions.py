"""CON012."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_dbops.checks.connectivity._sessions import session_name
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.evidence import json_value
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_duration

_PREPARED = 0
Waits = Mapping[int, Mapping[str, Any]]


@check(
    "CON012",
    category="connectivity",
    severity=Severity.ERROR,
    settings={"warn_s": 5, "fail_s": 60, "fail_sessions": 5},
)
def blocked_sessions(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """Sessions wait for a lock that somebody else does not give up.

    To their users the application hangs; their connections pile up until the pool is empty, and a migration
    queued among them makes it worse. One finding names each session at the head of a queue, with how many
    wait behind it and how deep: a warning once somebody has waited for `warn_s`, an error when
    `fail_sessions` have and the longest for `fail_s`. On SQLite it is a writer that waits for readers to
    leave the file, which keeps new readers out.

    End the transaction at the head of the queue, or cancel it; take locks in one order and for a short time.
    """
    if "lock_waits" in statistics.parts:
        yield from _queues(statistics, settings)
    if "locks" in statistics.parts:
        yield from _waiting_writer(statistics)


def _queues(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    waits = {row["pid"]: row for row in statistics.rows("lock_waits")}
    sessions = {row["pid"]: row for row in statistics.parts["activity"]}
    heads = sorted({pid for row in waits.values() for pid in row["blocked_by"]} - set(waits))
    for head in heads:
        behind = _behind(head, waits)
        late = {pid: depth for pid, depth in behind.items() if _waited_s(waits[pid]) >= settings.number("warn_s")}
        if late:
            yield _finding(head, late, waits, sessions, settings)


def _behind(head: int, waits: Waits) -> dict[int, int]:
    """Return every session that waits for `head`, directly or not, with its place in the queue from 1."""
    depths: dict[int, int] = {}
    queue = deque([(head, 0)])
    while queue:
        blocker, depth = queue.popleft()
        for pid, row in waits.items():
            if blocker in row["blocked_by"] and pid not in depths:
                depths[pid] = depth + 1
                queue.append((pid, depth + 1))
    return depths


def _waited_s(row: Mapping[str, Any]) -> float:
    """Return how long a session has waited; the start is unknown for a moment after it began to wait."""
    return float(row["waited_s"] or 0)


def _finding(
    head: int,
    late: Mapping[int, int],
    waits: Waits,
    sessions: Mapping[int, Mapping[str, Any]],
    settings: Settings,
) -> Finding:
    subject = "prepared transaction" if head == _PREPARED else session_name(sessions.get(head, {}))
    longest = max(_waited_s(waits[pid]) for pid in late)
    is_bad = len(late) >= settings.number("fail_sessions") and longest >= settings.number("fail_s")
    end = "SELECT gid FROM pg_prepared_xacts;" if head == _PREPARED else f"SELECT pg_terminate_backend({head});"
    return Finding(
        subject,
        f"{subject!r} blocks {len(late)} {'session' if len(late) == 1 else 'sessions'}, {max(late.values())} deep, "
        f"the longest for {render_duration(longest)}; the limit is {settings.number('warn_s'):g} s",
        hint=end,
        evidence=tuple(_evidence(waits[pid], sessions.get(pid, {})) for pid in late),
        severity=Severity.ERROR if is_bad else Severity.WARNING,
    )


def _evidence(wait: Mapping[str, Any], session: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "session": session_name(session),
        **{name: json_value(wait[name]) for name in ("pid", "lock_type", "mode", "relation", "waited_s")},
    }


def _waiting_writer(statistics: Statistics) -> Iterator[Finding]:
    for lock in statistics.rows("locks"):
        if lock["name"] == "pending":
            yield Finding(
                "write transaction",
                f"process {lock['pid']} waits for readers to leave the file (this session is one), "
                f"for {lock['held_s']:.1f} s at least; new readers are kept out",
                hint="end long readers, or use PRAGMA journal_mode = WAL, where readers do not block a writer",
                severity=Severity.WARNING,
            )
