"""What a gate judges of a trail: what the rules ask, what is not as it must be, and what came of trying it."""

from __future__ import annotations

from dataclasses import field

from pytest_dbops.core.audit.installed import Difference, Grant, Installed, Partition
from pytest_dbops.core.audit.sealed import Waiting
from pytest_dbops.core.audit.wanted import Wanted
from pytest_dbops.core.frozen import frozen


@frozen
class AuditState:
    """The trail of a target, all but its entries.

    differences: what of its functions and triggers is missing, off, changed or left over.
    months: the current one and those to come that need partitions. oldest: the one that entries go back to.
    """

    wanted: Wanted
    has_log: bool
    differences: tuple[Difference, ...] = ()
    grants: tuple[Grant, ...] = ()
    partitions: tuple[Partition, ...] = ()
    months: tuple[str, ...] = ()
    oldest: str = ""
    waiting: Waiting = field(default_factory=Waiting)


def state_of(wanted: Wanted, installed: Installed, found: tuple[Difference, ...]) -> AuditState:
    """Return what is judged of what was read."""
    return AuditState(
        wanted, installed.has_log, found, installed.grants, installed.partitions,
        installed.months, installed.oldest, installed.waiting,
    )  # fmt: skip


@frozen
class BulkResult:
    """What one statement over many rows left: rows it touched, and entries that tell of them."""

    table: str
    statement: str
    rows: int
    entries: int


@frozen
class AuditRehearsal:
    """What bulk statements leave on a scratch copy of the target's schema, with the trail installed as configured.

    unjudged: tables that could not be tried, or not with every statement: (table, why).
    """

    results: tuple[BulkResult, ...] = ()
    unjudged: tuple[tuple[str, str], ...] = ()
