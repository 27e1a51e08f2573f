"""Run revisions on a copy of a SQLite file, look at it, and put it in the file's place; or leave the file alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pytest_dbops.backends.sqlite.settle import settle
from pytest_dbops.backends.sqlite.swapping import (
    Held,
    Overtaken,
    dangling_references,
    held_for_writing,
    verify_sound,
)
from pytest_dbops.config.model import Config
from pytest_dbops.core.deploy.outcome import DeployedRevision, Fate
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.order import Ran, RunOrder, run_revisions

_MARK = ".dbops-deploy-"
_TRIES = 3
_DONE = (Fate.APPLIED, Fate.TAKEN_BACK)


def run_on_copy(config: Config, order: RunOrder, url: str, *, progress: Progress, is_from_empty: bool = False) -> Ran:
    """Run revisions on a copy; with the first that fails, or a copy that is not sound, the file stays as it was.

    is_from_empty: whether the copy is to be an empty database.
    """
    file = Path(url.removeprefix("sqlite:///"))
    for number in range(_TRIES):
        try:
            return _run_once(config, order, file, progress, is_from_empty=is_from_empty)
        except Overtaken as err:
            if number == _TRIES - 1:
                return _undone(order, err)
            progress(f"{err}: once more")
        except DbopsError as err:
            return _undone(order, err)
    raise AssertionError("unreachable")


def _run_once(config: Config, order: RunOrder, file: Path, progress: Progress, *, is_from_empty: bool) -> Ran:
    with held_for_writing(file, patience_s=order.limits.wait_s) as held, _copy_beside(held, is_from_empty) as copy:
        broken_before = frozenset() if is_from_empty else dangling_references(copy)
        on_copy = replace(order, called=order.called and f"copy of the {order.called}")
        ran = run_revisions(config, on_copy, f"sqlite:///{copy}", progress=progress)
        if ran.problem is not None:
            return replace(ran, revisions=tuple(_not_final(each) for each in ran.revisions))
        progress("looking at the migrated copy")
        settle(copy)
        verify_sound(copy)
        if broken := sorted(dangling_references(copy) - broken_before):
            table, parent = broken[0]
            raise CannotJudge(f"after it, rows of {table!r} refer to rows of {parent!r} that are not there")
        progress("putting the migrated copy in place")
        held.put_in_place(copy)
    return ran


@contextmanager
def _copy_beside(held: Held, is_from_empty: bool) -> Iterator[Path]:
    """Make a copy beside the file; what a deploy that was killed has left is removed first: we hold the lock."""
    for left in held.file.parent.glob(f"{held.file.name}{_MARK}*"):
        left.unlink(missing_ok=True)
    copy = held.file.with_name(f"{held.file.name}{_MARK}{secrets.token_hex(4)}")
    try:
        if is_from_empty:
            copy.touch(mode=0o600)
        else:
            held.copy_to(copy)
        yield copy
    finally:
        for left in copy.parent.glob(f"{copy.name}*"):
            left.unlink(missing_ok=True)


def _not_final(revision: DeployedRevision) -> DeployedRevision:
    """Return what became of a revision whose copy is thrown away."""
    return replace(revision, fate=Fate.NOT_RUN) if revision.fate in _DONE else revision


def _undone(order: RunOrder, err: DbopsError) -> Ran:
    return Ran(tuple(DeployedRevision(each.id, each.title, Fate.NOT_RUN) for each in order.planned), err)
