"""Ports to an audit trail: reading it, writing to it, and the product that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from pytest_dbops.core.audit.entry import Entry
from pytest_dbops.core.audit.installed import AuditObject, Installed
from pytest_dbops.core.audit.records import Expired, Records
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.audit.sealed import Batch, Link, Seal, Standing, Waiting
from pytest_dbops.core.audit.state import AuditRehearsal
from pytest_dbops.core.audit.wanted import Wanted
from pytest_dbops.core.session import Limits, Parameters, ResultRow


class Reader(Protocol):
    """What runs one reading statement; a gate's `Session` is one."""

    def query(self, sql: str, params: Parameters | None = None) -> Sequence[ResultRow]:
        """Return all rows; parameters are written `:name`."""


class Trail(Protocol):
    """An installed trail while it is read; each method is one statement, and may be repeated."""

    def standing(self) -> Standing:
        """Return where the trail says it ends."""

    def batches(self, after: int, most: int) -> Sequence[Batch]:
        """Return batches with a number above `after`, in order."""

    def seals(self, after: int, up_to: int) -> Sequence[Seal]:
        """Return the seals of the batches with these numbers, by batch, then number."""

    def entries(self, after_id: int, up_to_id: int, most: int) -> Sequence[Entry]:
        """Return entries by id, above `after_id` and up to `up_to_id`."""

    def newest(self, most: int, narrowed: Mapping[str, str]) -> Sequence[Entry]:
        """Return the newest entries first; narrowed: column of the log to the value it must have."""

    def records(self) -> Records:
        """Return what the trail records of itself, sealed or not; an index finds it."""

    def waiting(self) -> Waiting:
        """Return what has no seal yet."""


class Writer(Protocol):
    """A connection that may write to the database; nothing of a failed block stays."""

    def run(self, statements: Sequence[str]) -> None:
        """Run statements in one transaction; raises TimedOut, MissingPrivilege or CannotJudge."""

    def final_id(self, wait_s: float) -> int:
        """Return an id up to which every entry there will ever be is visible now.

        Waits for transactions that had begun when it was asked, no longer than `wait_s`; then it is the id that was
        known before.
        """

    def sealing(self) -> AbstractContextManager[Sealing]:
        """Return one transaction in which a batch is sealed; others who seal wait, writers do not."""

    def erase(self, ids: Sequence[int], actor: str, reason: str) -> int:
        """Take away what these entries hold, record that in the trail, and return how many there were."""

    def expirable(self, before: str) -> tuple[Expired, ...]:
        """Return the months before one (`2026-01`) that have entries."""

    def expire(self, before: str, actor: str, reason: str) -> tuple[Expired, ...]:
        """Remove the entries of these months, record that, and return them; raises Blocked for one without its seal."""


class Sealing(Protocol):
    """One transaction that seals."""

    def trail(self) -> Trail:
        """Return the trail as this transaction sees it."""

    def ends(self, tenants: Sequence[str]) -> Mapping[str, Link]:
        """Return the last seal of each of these tenants; those without one are left out."""

    def moment(self) -> str:
        """Return the database's clock, as entries have it."""

    def put(self, batch: Batch, seals: Sequence[Seal]) -> None:
        """Write a batch, and where the trail ends now."""


class AuditProduct(Protocol):
    """A database product as far as audit trails go; stateless."""

    def expected(self, wanted: Wanted, installed: Installed) -> tuple[AuditObject, ...]:
        """Return what there must be beside the log's tables, each with the statements that make it, in their order."""

    def read_installed(self, reader: Reader, rules: AuditRules) -> Installed:
        """Return what there is."""

    def preparing(self, installed: Installed) -> tuple[str, ...]:
        """Return the statements that make what is lacking of the log's tables, its partitions included."""

    def making_ahead(self, installed: Installed) -> tuple[str, ...]:
        """Return the statements that make the partitions ahead, with what refuses changes of them."""

    def trail(self, reader: Reader) -> Trail:
        """Return the trail behind a session."""

    def silence(self, url: str, *, limits: Limits) -> None:
        """Switch off the project's triggers on a scratch copy: they refuse made-up rows, or change rows beside."""

    def rehearse(self, url: str, wanted: Wanted, *, limits: Limits) -> AuditRehearsal:
        """Run statements over many rows of a scratch copy, which has a trail and rows, and count the entries."""

    def open_writer(self, url: str, *, limits: Limits, application: str) -> AbstractContextManager[Writer]:
        """Connect for writing; raises Unreachable, or CannotJudge for a server too old."""
