"""Take a revision that was just put in down and up again, and leave the database as it was before that.

On PostgreSQL both happen in one transaction that is always taken back. SQLite's batch mode behaves differently within
a transaction (PRAGMA foreign_keys does nothing there), so both are committed, and the file is put back from a copy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from pytest_dbops.core.catalog import diff
from pytest_dbops.core.catalog.difference import CatalogDiff
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.rehearsed import CompatibilityFailure, LossAccount
from pytest_dbops.core.walk import Downgrade, Failure, Step, StepName
from pytest_dbops.migrating.failures import kind_of, line_in, one_line, sqlstate_of, statement_of
from pytest_dbops.migrating.walking.connection import WalkConnection
from pytest_dbops.migrating.walking.rows import Before

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog

# SQLSTATEs of what fails only because two deploys are one transaction here (PostgreSQL manual, appendix A):
# a table with pending trigger events, and an enum value used before it is committed.
_OF_ONE_TRANSACTION = frozenset({"55006", "55P04"})


_TAKES_NOTHING_BACK = (Downgrade.EMPTY, Downgrade.MISSING, Downgrade.REFUSES)


class Copy(Protocol):
    """A copy of the scratch database, where its product has cheap ones."""

    def take(self) -> None:
        """Keep the database as it is committed now; raises CannotJudge."""

    def put_back(self) -> None:
        """Make the database what it was when it was last taken; raises CannotJudge."""


@frozen
class Taken:
    """A revision that is to be taken down and up again.

    path: its file; upgrade, downgrade: its functions, with what env.py has for their arguments.
    before: the schema and the rows its upgrade met; begins: is told of each step. stays: it is not taken down.
    is_put_in_again: whether that is asked for; where not, it is only done to have the database as it was.
    """

    path: str
    upgrade: Callable[[], object]
    downgrade: Callable[[], object]
    written: Downgrade
    before: Before
    begins: Callable[[StepName], None]
    stays: bool = False
    is_put_in_again: bool = True


@frozen
class Rehearsed:
    """What came of it.

    after: the schema the upgrade left; is_intact: whether the database is in that state again.
    is_taken_back: whether that is so because all that was run was undone, rows included.
    losses: of the rows once it was taken back; where nothing takes it back, once it was put in.
    """

    after: Catalog
    steps: tuple[Step, ...]
    irreversible: str | None
    is_intact: bool
    losses: LossAccount | None = None
    broken: tuple[CompatibilityFailure, ...] | None = None
    is_taken_back: bool = False


def rehearse(taken: Taken, connection: WalkConnection, copy: Copy | None) -> Rehearsed:
    """Return what the downgrade and a second upgrade end with; a downgrade that does nothing is not run.

    Called after `connection.begin()`; that transaction is ended here.
    """
    after = connection.snapshot()
    before, broken = taken.before, taken.before.broken(connection, after)
    if taken.stays:
        connection.rollback()
        return Rehearsed(after, (), None, True, None, broken, is_taken_back=True)
    losses = before.losses(connection, after, after) if taken.written in _TAKES_NOTHING_BACK else None
    if taken.written in (Downgrade.EMPTY, Downgrade.MISSING):
        connection.rollback()
        undone = Step(StepName.DOWNGRADE, 0.0, None, diff(before.catalog, after))
        return Rehearsed(after, (undone,), None, True, losses, broken, is_taken_back=True)
    if copy is not None:
        connection.rollback()
        rehearsed = _committed(_Runs(taken, connection, broken), connection, after, copy)
    else:
        rehearsed = _taken_back(_Runs(taken, connection, broken), connection, after)
    return replace(rehearsed, losses=rehearsed.losses or losses)


class _Runs:
    """The steps of one rehearsal as they are run; the first that fails is the last."""

    def __init__(
        self, taken: Taken, connection: WalkConnection, broken: tuple[CompatibilityFailure, ...] | None
    ) -> None:
        self.taken = taken
        self._broken = broken
        self._connection = connection
        self.steps: list[Step] = []
        self.error: BaseException | None = None
        self.losses: LossAccount | None = None

    def run(self, name: StepName, expected: Catalog, after: Catalog, *, end: Callable[[Catalog | None], None]) -> bool:
        """Run one step and compare what it leaves; `end` makes it final as a commit would. Tells whether it ran."""
        function = self.taken.downgrade if name is StepName.DOWNGRADE else self.taken.upgrade
        self._connection.forget_types()
        self.taken.begins(name)
        timed = _Timed(function)
        started = time.perf_counter()
        try:
            if name is StepName.DOWNGRADE:
                self._connection.note_changes(timed)
            else:
                timed()  # what it changes is taken back, or else all rows count as changed
            taken_s = timed.duration_s
            left = self._connection.snapshot()
            if name is StepName.DOWNGRADE:
                self.losses = self.taken.before.losses(self._connection, left, after)
                if self._broken and left == expected:
                    self._broken = self.taken.before.without_stale(self._connection, self._broken)
            end(left if name is StepName.DOWNGRADE else None)
        except (Exception, SystemExit) as err:  # a revision may raise anything
            self.error = err
            self._connection.changes.may_be = True
            self.steps.append(Step(name, time.perf_counter() - started, failure_of_step(err, self.taken.path)))
            return False
        self.steps.append(Step(name, taken_s, None, CatalogDiff() if left == expected else diff(expected, left)))
        return True

    def anew(self) -> _Runs:
        """Return the same rehearsal before its first step."""
        return _Runs(self.taken, self._connection, self._broken)

    def result(self, after: Catalog, *, is_intact: bool, is_taken_back: bool = False) -> Rehearsed:
        """Return what came of it; a downgrade that refuses is no step that failed."""
        words = self._words_of_refusal()
        return Rehearsed(
            after, () if words is not None else tuple(self.steps), words, is_intact, self.losses, self._broken,
            is_taken_back=is_taken_back,
        )  # fmt: skip

    def _words_of_refusal(self) -> str | None:
        if self.error is None or self.steps[-1].name is not StepName.DOWNGRADE:
            return None
        if self.taken.written is Downgrade.REFUSES or isinstance(self.error, NotImplementedError):
            return " ".join(str(self.error).split())
        return None


class _Timed:
    """A function that knows how long it ran."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self.duration_s = 0.0

    def __call__(self) -> None:
        """Run it."""
        started = time.perf_counter()
        self._function()
        self.duration_s = time.perf_counter() - started


def failure_of_step(err: BaseException, path: str) -> Failure:
    """Return why a step failed, as data."""
    return Failure(kind_of(err), one_line(err), statement_of(err), line_in(err, path))


def _taken_back(runs: _Runs, connection: WalkConnection, after: Catalog) -> Rehearsed:
    """Run both in the transaction that is open, and roll it back."""
    transactions = {connection.transaction_id()}
    is_done = runs.run(StepName.DOWNGRADE, runs.taken.before.catalog, after, end=connection.check_constraints)
    if is_done and not runs.taken.is_put_in_again and connection.transaction_id() in transactions:
        connection.rollback()
        return runs.result(after, is_intact=True, is_taken_back=True)
    is_done = is_done and runs.run(
        StepName.UPGRADE_AGAIN, after, after, end=lambda _: transactions.add(connection.check_at_end())
    )
    is_one_transaction = is_done and len(transactions) == 1
    if is_done and not is_one_transaction and runs.steps[-1].difference.is_empty:
        # A revision committed by itself: a part is final, so all of it has to be, and the schema is the same.
        connection.commit()
        return runs.result(after, is_intact=True)
    connection.rollback()
    is_intact = is_one_transaction or _is_as_before(connection, after)
    if is_intact and sqlstate_of(runs.error) in _OF_ONE_TRANSACTION:
        return _committed(runs.anew(), connection, after, None)
    return runs.result(after, is_intact=is_intact, is_taken_back=is_one_transaction)


def _committed(runs: _Runs, connection: WalkConnection, after: Catalog, copy: Copy | None) -> Rehearsed:
    """Run both in transactions of their own, and put the copy back; without one, see what is left."""
    if copy is not None:
        copy.take()

    def commit(_: Catalog | None) -> None:
        connection.commit()

    connection.begin()
    is_done = runs.run(StepName.DOWNGRADE, runs.taken.before.catalog, after, end=commit)
    if is_done and (runs.taken.is_put_in_again or copy is None):
        connection.begin()
        runs.run(StepName.UPGRADE_AGAIN, after, after, end=commit)
    connection.rollback()
    is_put_back = _is_put_back(copy)
    return runs.result(after, is_intact=is_put_back or _is_as_before(connection, after), is_taken_back=is_put_back)


def _is_put_back(copy: Copy | None) -> bool:
    try:
        if copy is not None:
            copy.put_back()
    except CannotJudge:
        return False  # a connection that the project holds has it locked
    return copy is not None


def _is_as_before(connection: WalkConnection, after: Catalog) -> bool:
    connection.begin()
    now = connection.snapshot()
    connection.rollback()
    return now == after
