"""What came of trying, as the application's role, to reach rows of another tenant on a scratch database."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.frozen import frozen

PROTECTED_BY_POLICIES = "row-level security"
PROTECTED_BY_GUARD = "the tenant guard"


class Attempt(StrEnum):
    """What was tried; its value completes "a tenant may ..."."""

    UNNAMED = "see rows without naming a tenant"
    READ = "read rows of another"
    COPY_OUT = "COPY rows of another out"
    INSERT = "insert rows of another"
    COPY_IN = "COPY rows of another in"
    MOVE = "hand its rows to another"
    UPDATE = "change rows of another"
    DELETE = "delete rows of another"
    UPSERT = "write rows of another by ON CONFLICT"
    MERGE = "write rows of another by MERGE"
    OWNER = "read rows of another as the table's owner"
    CALL = "learn from rows of another by a call"
    CALL_WRITES = "change rows of another by a call"

    @property
    def writes(self) -> bool:
        """Whether it would have changed something."""
        return self in _WRITING


_WRITING = frozenset({
    Attempt.INSERT, Attempt.COPY_IN, Attempt.MOVE, Attempt.UPDATE, Attempt.DELETE, Attempt.UPSERT, Attempt.MERGE,
    Attempt.CALL_WRITES,
})  # fmt: skip


@frozen
class Leak:
    """An attempt that was not refused. subject: the table, view or routine; told: what happened, in words."""

    subject: str
    attempt: Attempt
    told: str


@frozen
class Unproved:
    """Something of which nothing is known, and why."""

    subject: str
    why: str


class MutantFate(StrEnum):
    """What became of a change that takes protection away."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    UNTRIED = "could not be made"


@frozen
class Mutant:
    """One change of a table's protection, made in a transaction and rolled back.

    told: by which attempt it was noticed, or why it could not be made; empty for one that was not noticed.
    """

    table: str
    change: str
    fate: MutantFate
    told: str = ""


@frozen
class Isolation:
    """The whole trial.

    by: what keeps the tenants apart on this product, in a few words. role: as whom it was tried.
    setting: what named the tenant. tenants: the two that were played against each other.
    tried: tables, views and routines that were gone through, each with the number of attempts.
    """

    by: str
    role: str
    setting: str
    tenants: tuple[str, ...]
    tried: tuple[tuple[str, int], ...] = ()
    leaks: tuple[Leak, ...] = ()
    unproved: tuple[Unproved, ...] = ()
    mutants: tuple[Mutant, ...] = ()

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """The changes that nobody would have noticed."""
        return tuple(each for each in self.mutants if each.fate is MutantFate.SURVIVED)
