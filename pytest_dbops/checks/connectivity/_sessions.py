"""Sessions of a target as findings name them: a role and its application, never a process number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pytest_dbops.core.evidence import json_value
from pytest_dbops.core.finding import Row
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Statistics

SessionRow = Mapping[str, Any]

_SHOWN = ("pid", "database", "role", "application", "client", "state", "command")


@frozen
class SessionGroup:
    """Sessions of one role and application; `worst` is the largest of their values."""

    subject: str
    worst: float
    sessions: tuple[SessionRow, ...]

    @property
    def evidence(self) -> tuple[Row, ...]:
        """The sessions without anything their statements said."""
        return tuple({name: json_value(row.get(name)) for name in _SHOWN} for row in self.sessions)

    @property
    def pids(self) -> str:
        """The process numbers, for the hint of a finding."""
        return ", ".join(str(row["pid"]) for row in self.sessions)

    def __str__(self) -> str:
        count = len(self.sessions)
        return f"{self.subject!r} has {count} session{'s' if count > 1 else ''}"


def clients_here(statistics: Statistics) -> list[SessionRow]:
    """Return the clients of this database other than ourselves; raises MissingPrivilege if they are hidden."""
    return [
        row
        for row in statistics.rows("activity")
        if row["is_here"] and not row["is_own"] and row["backend_type"] == "client backend"
    ]


def count_clients(rows: Iterable[SessionRow]) -> int:
    """Count the clients of all databases; a session whose kind is hidden counts, so it is never too few."""
    kinds = ((row["backend_type"], row["database"]) for row in rows)
    return sum(kind == "client backend" or (kind is None and database is not None) for kind, database in kinds)


def grouped(rows: Iterable[SessionRow], value: Callable[[SessionRow], float]) -> Iterator[SessionGroup]:
    """Group sessions by role and application, in the order of their names."""
    by_subject: dict[str, list[SessionRow]] = {}
    for row in rows:
        by_subject.setdefault(session_name(row), []).append(row)
    for subject, members in sorted(by_subject.items()):
        ordered = tuple(sorted(members, key=value, reverse=True))
        yield SessionGroup(subject, value(ordered[0]), ordered)


def session_name(row: SessionRow) -> str:
    """Return `role/application`, or the role alone; the form that waivers match."""
    role = row.get("role") or row.get("backend_type") or "unknown"
    return f"{role}/{row['application']}" if row.get("application") else str(role)
