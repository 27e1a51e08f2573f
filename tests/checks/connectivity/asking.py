"""Ask one check as the engine would, and open what it is asked about."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_dbops.backends import backend_for
from pytest_dbops.core.check import CheckFunction, Settings, check_of
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Expectation, Kind
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.session import Limits, Session, Statistics
from pytest_dbops.core.severity import Severity

CLOCK = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
PATIENCE_S = 60.0


def ask(function: CheckFunction, *, thresholds: dict[str, Any] | None = None, **given: Any) -> list[Finding]:
    """Return the findings of a check, each with the severity it counts with."""
    made = check_of(function)
    assert made is not None
    offered = {"settings": Settings({**made.settings, **(thresholds or {})}), "clock": CLOCK, **given}
    return list(function(**{name: offered[name] for name in made.inputs}))


def facts(findings: list[Finding], function: CheckFunction) -> list[tuple[str, Severity]]:
    """Return subject and severity of each finding; a missing severity is the check's own."""
    made = check_of(function)
    assert made is not None
    return [(finding.subject, finding.severity or made.severity) for finding in findings]


@contextmanager
def session_on(url: str) -> Iterator[Session]:
    """Open a gate's session."""
    limits = Limits(connect_timeout_s=10, statement_timeout_s=30, lock_timeout_s=5)
    with backend_for(url).open_session(url, limits=limits, expect=Expectation(), application="gate") as session:
        yield session


def statistics_of(url: str) -> Statistics:
    """Return what a gate would read at this moment."""
    with session_on(url) as session:
        return backend_for(url).read_statistics(session)


def environment_at(url: str, kind: Kind = Kind.PRODUCTION) -> Environment:
    """Return an environment with the policy of its kind."""
    return Environment(
        name=kind.value, kind=kind, dialect=backend_for(url).name, url=Secret(url), url_reference="env:DATABASE_URL",
        policy=DEFAULT_POLICIES[kind],
    )  # fmt: skip


def sqlite_url(file: Path, query: str = "") -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{file}{query}"


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        os.sched_yield()
