"""Seal stored fields anew, online: batch by batch, each its own transaction, begun again where it was ended.

What is done is told by the fields themselves, which name their key: a run that was killed is resumed by the next one.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_dbops.backends import rewriting_for
from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.backups import BackupRecord
from pytest_dbops.core.deploy.journal import Entry, Event
from pytest_dbops.core.encryption import SOUND, BoundAs, FieldVerdict, Offender
from pytest_dbops.core.errors import Blocked, DbopsError, TimedOut
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.worker import InTheWay
from pytest_dbops.core.providers import BackupMaker
from pytest_dbops.core.rewriting import Change, Rewriter, RewrittenTable, Row
from pytest_dbops.crypto.fields import read_order
from pytest_dbops.crypto.ledgers import ledger_of
from pytest_dbops.crypto.marks import mark_columns
from pytest_dbops.crypto.reindexing import Indexer
from pytest_dbops.crypto.resealing import Mender, Rotator
from pytest_dbops.migrating.deploying.beside import MAINTENANCE, Beside, open_beside
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.encryption import statements
from pytest_dbops.operations.encryption.rewrite_plan import (
    PlannedColumn,
    RewritePlan,
    RewriteRequest,
    Task,
    tenant_column,
    tenant_values,
)

_PASSES, _ATTEMPTS, _PAUSE_S = 6, 8, 0.1


@frozen
class RewrittenColumn:
    """What became of the fields of a column.

    sealed: fields that this run wrote. left: those that stay as they are, by what they are, the first of each among the
    offenders. busy: fields that others wrote whenever it was their turn.
    """

    column: str
    sealed: int
    left: tuple[tuple[FieldVerdict, int], ...] = ()
    offenders: tuple[Offender, ...] = ()
    busy: int = 0


@frozen
class Rewritten:
    """What a run ended with; run: under which the journal has it, empty when there was nothing to do.

    backup: what was made before it, None where none was asked for.
    """

    plan: RewritePlan
    run: str
    columns: tuple[RewrittenColumn, ...]
    problem: DbopsError | None = None
    backup: BackupRecord | None = None

    @property
    def shortfall(self) -> DbopsError | None:
        """What the run fell short of, in one line; None when every field is as it should be."""
        if self.problem is not None:
            return self.problem
        left = [(each, sum(number for _, number in each.left)) for each in self.columns if each.left]
        if left:
            column, number = left[0]
            first = column.offenders[0]
            more = f", and columns besides: {len(left) - 1}" if len(left) > 1 else ""
            return Blocked(
                f"{number} field{'' if number == 1 else 's'} of {column.column} left as found ({first.row}:"
                f" {first.verdict.value}{first.detail and f', {first.detail}'}){more}"
                " (see: dbops compliance validate-encryption)"
            )
        busy = [each for each in self.columns if each.busy]
        if busy:
            number = busy[0].busy
            return TimedOut(
                f"{number} field{' was' if number == 1 else 's were'} held by others each time, in {busy[0].column}"
                " (run it again)"
            )
        return None


def apply_rewrite(
    request: RewriteRequest, plan: RewritePlan, *, progress: Progress, backups: BackupMaker | None = None
) -> Rewritten:
    """Run a plan; one without work touches nothing. What ends the run before its end is in the result.

    backups: what makes a verified backup first; what it raises ends all before anything is written.

    The lock is the one of deploys and maintenance. What is done when it ends is final, and is not done again.
    """
    if not plan.has_work:
        return Rewritten(plan, "", ())
    backup = backups.make(progress) if backups is not None else None
    if backups is not None and (backup is None or backup.verified_at is None):
        raise Blocked("the backup was not verified, so that nothing was begun")
    run, done, problem = secrets.token_hex(6), list[RewrittenColumn](), None
    try:
        _run(request, plan, run, done, progress, backup)
    except DbopsError as err:
        problem = err
    ended = Rewritten(plan, run, tuple(done), problem, backup)
    logger, name = logger_of("compliance"), plan.environment.name
    for each in done:
        logger.info("%s %s of %s: %s, %d fields sealed", plan.task.value, run, name, each.column, each.sealed)
    if ended.shortfall is not None:
        logger.error("%s %s of %s: %s", plan.task.value, run, name, ended.shortfall)
    return ended


def _run(
    request: RewriteRequest, plan: RewritePlan, run: str, done: list[RewrittenColumn], progress: Progress,
    backup: BackupRecord | None,
) -> None:  # fmt: skip
    environment = plan.environment
    assert environment.url is not None
    url, policy = environment.url.reveal(), environment.policy
    lock_s = policy.lock_timeout_s if request.lock_s is None else request.lock_s
    opening = rewriting_for(environment.dialect).open_rewriter(
        url, timeout_s=policy.connect_timeout_s, lock_s=lock_s, application=f"{MAINTENANCE} run"
    )
    with open_beside(plain_url(url), application=MAINTENANCE, busy_s=lock_s) as beside:
        beside.acquire(request.wait_s, progress)
        _write_beginning(request, plan, run, beside, backup)
        beside.change(lambda connection: mark_columns(connection, plan.all_columns))
        with opening as rewriter, _counted(plan, plain_url(url)):
            for each in plan.columns:
                beside.prove(f"column {each.name}")
                turn = _Turn(rewriter, beside, plan, each, request, progress)
                ended = turn.take()
                done.append(ended)
                told = {"column": each.name, "sealed": ended.sealed, "left": dict(ended.left), "busy": ended.busy}
                beside.write(Entry(run, Event.SEALED, actor=request.actor, detail=json.dumps(told)))
        beside.write(Entry(run, Event.ENDED, actor=request.actor))


def _write_beginning(
    request: RewriteRequest, plan: RewritePlan, run: str, beside: Beside, backup: BackupRecord | None
) -> None:
    told = {"task": plan.task.value, "columns": [each.name for each in plan.columns], "org": plan.org}
    if plan.key is not None:
        told["key"] = plan.key.id
    if backup is not None:
        told["backup"] = backup.name
    beside.write(Entry(run, Event.SEALING, actor=request.actor, reason=request.reason, detail=json.dumps(told)))
    for each in plan.overridden:
        beside.write(
            Entry(run, Event.OVERRIDDEN, actor=request.actor, reason=request.reason, detail=each.name.value)
        )  # fmt: skip


@contextmanager
def _counted(plan: RewritePlan, url: str) -> Iterator[None]:
    """Reserve what is sealed where the programs of this database do, if they do."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(own_url(url), poolclass=NullPool)
    file = Path(f"{engine.url.database}.key-use.json")
    if plan.has_ledger or (plan.environment.dialect == "sqlite" and file.exists()):
        plan.keyring.counts.ledger = ledger_of(engine)
    try:
        yield
    finally:
        plan.keyring.counts.ledger = None


@dataclass(slots=True)
class _Turn:
    """One column's turn."""

    rewriter: Rewriter
    beside: Beside
    plan: RewritePlan
    planned: PlannedColumn
    request: RewriteRequest
    progress: Progress
    sealed: int = 0

    def take(self) -> RewrittenColumn:
        """Seal what is to be sealed, in as many passes as others are in the way of; raises what ends the run."""
        resealer = self._resealer()
        table = self._table(resealer)
        for number in range(_PASSES):
            if number:
                time.sleep(_PAUSE_S * number)
            missed, left, offenders = self._pass(table, resealer)
            if not missed:
                break
        follower = self.planned.column.follower
        if self.plan.task is Task.INDEX and follower is not None and follower.is_unique and not (missed or left):
            self.progress(f"{self.planned.name}: a unique index on {follower.name}")
            self.rewriter.make_unique(table, follower.unique_by, follower.unique_on)
        bad = tuple((verdict, count) for verdict, count in left.most_common() if verdict not in SOUND)
        return RewrittenColumn(self.planned.name, self.sealed, bad, tuple(offenders), missed)

    def _pass(
        self, table: RewrittenTable, resealer: Rotator | Mender | Indexer
    ) -> tuple[int, Counter[FieldVerdict], list[Offender]]:
        """Go through all rows once; returns how many fields could not be written, and what is left as it is."""
        missed, left, offenders = 0, Counter[FieldVerdict](), list[Offender]()
        seen, after = 0, None
        while rows := self.rewriter.read(table, after, self.request.batch_rows):
            made = resealer.reseal(rows)
            offenders += [each for each in made.offenders if left[each.verdict] == 0]
            left += made.left
            if made.changes:
                written = self._write(table, made.changes)
                self.sealed += written
                missed += len(made.changes) - written
            seen += len(rows)
            is_compared = self.plan.task in (Task.FIX, Task.INDEX)
            of = self.planned.rows if is_compared else self.planned.todo
            self.progress(f"{self.plan.task.value} {self.planned.name}: {seen} of {max(of, seen)} fields")
            after = _key(rows[-1], table)
            if len(rows) < self.request.batch_rows:
                break
        return missed, left, offenders

    def _write(self, table: RewrittenTable, changes: Sequence[Change]) -> int:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self.rewriter.write(table, changes)
            except InTheWay as err:
                if attempt == _ATTEMPTS:
                    raise
                self.progress(f"{self.planned.name}: {err}")
                time.sleep(_PAUSE_S)
        raise AssertionError("unreachable")

    def _resealer(self) -> Rotator | Mender | Indexer:
        column, plan = self.planned.column, self.plan
        if plan.task is Task.ROTATE:
            return Rotator(plan.keyring, column, plan.all_columns)
        if plan.task is Task.INDEX:
            return Indexer(plan.keyring, column, plan.all_columns)
        is_from_plaintext = plan.task is Task.ENCRYPT
        return Mender(plan.keyring, column, plan.all_columns, is_from_plaintext=is_from_plaintext)

    def _table(self, resealer: Rotator | Mender | Indexer) -> RewrittenTable:
        column, dialect = resealer.column, self.plan.environment.dialect
        condition = ""
        if self.plan.task is Task.ROTATE and self.plan.key is not None:
            condition = statements.on_another_key(column, dialect, self.plan.key.id)
        elif self.plan.task is Task.ENCRYPT:
            condition = statements.not_begun(column, dialect)
        bound, only = tenant_column(self.planned.column), None
        if self.plan.org and bound is not None:
            only = (bound.name, tenant_values(bound, self.plan.org))
        order = read_order(column)
        return RewrittenTable(
            column.schema, column.table, column.primary_key,
            read=order[: len(order) - len(column.primary_key)],
            changed=(column.column, column.index.name) if column.index else (column.column,),
            as_text=frozenset(each.name for each in column.bind if each.written is BoundAs.UUID),
            condition=condition, only=only,
        )  # fmt: skip


def _key(row: Row, table: RewrittenTable) -> Row:
    return tuple(row[len(row) - len(table.key) :])
