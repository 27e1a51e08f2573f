"""What became of each revision of a deploy."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.frozen import frozen


class Fate(StrEnum):
    """How a revision ended in one deploy."""

    APPLIED = "applied"
    TAKEN_BACK = "taken back"
    FAILED = "failed"
    NOT_RUN = "not run"
    BY_ANOTHER = "done by another deploy"


@frozen
class DeployedRevision:
    """One line of the result; attempts counts the runs that were rolled back as well."""

    revision: str
    title: str
    fate: Fate
    duration_s: float = 0.0
    attempts: int = 0


@frozen
class Limits:
    """How long a deploy waits.

    lock_s: of one statement for a lock within a transaction; concurrent_s: the same outside of one, where
    CREATE INDEX CONCURRENTLY waits for every older snapshot; attempts: of one revision that was rolled back for a
    lock; pause_s: at most between the first two, doubled each time; wait_s: for another deploy to end.
    """

    lock_s: float = 2.0
    concurrent_s: float = 600.0
    attempts: int = 10
    pause_s: float = 0.5
    wait_s: float = 900.0
