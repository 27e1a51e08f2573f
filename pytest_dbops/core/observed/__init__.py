"""What the statements of a revision did to tables: locks, rewrites, scans, changed rows, and for how long."""

from __future__ import annotations

from pytest_dbops.core.locks.mode import Blocked, LockMode
from pytest_dbops.core.observed.observation import Moved, Observation
from pytest_dbops.core.observed.port import ObservationFailed, Query, StatementObserver
from pytest_dbops.core.observed.statement import Changed, Lock, ObservedStatement, RelationKind, Rewrite, Scan

__all__ = [
    "Blocked",
    "Changed",
    "Lock",
    "LockMode",
    "Moved",
    "Observation",
    "ObservationFailed",
    "ObservedStatement",
    "Query",
    "RelationKind",
    "Rewrite",
    "Scan",
    "StatementObserver",
]
