"""MIG005."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._losses import lines_of_gains, lines_of_losses, names_of, rows_of
from pytest_dbops.checks.migrations._steps import ENDED_EARLY, place, require_applied, said_in_short, statement
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.downgrades import Downgrade
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.rehearsed import LossAccount
    from pytest_dbops.core.walk import MetRows, Refusal, WalkedRevision

_WHICH = {
    "USUAL": "unusual rows (NULL, duplicates, boundary values)",
    "ORDINARY": "generated rows of ordinary values",
    "NONE": "no rows",
}


@check("MIG005", category="migrations", severity=Severity.ERROR, step=StepName.DOWNGRADE, cost=Cost.FULL)
def keeps_data(revision: WalkedRevision) -> Iterator[Finding]:
    """A revision cannot be put in over rows, or its downgrade does not give back what they held.

    Empty tables hide both: the deploy stops at the first table with rows in it, and a rollback ends with a schema
    that is right and columns that are empty. So each table is filled before a revision meets it, from its own rules:
    ordinary rows, boundary values, NULL, duplicates. What is different after upgrade and downgrade, cell by cell of
    the columns and rows that were there before, is the loss account; rows too many are an info. What an upgrade adds
    and its downgrade drops is no loss.

    An upgrade that only empty tables let through is an error where any row stops it (a new column that wants a value
    and has no default), and a warning where it takes an unusual one: look whether the target holds such rows. A
    revision that is declared irreversible loses what it says; the account of that is an info.

    Fill new columns before they are required. Let the downgrade compute what the upgrade replaced, or keep the old
    column for a release; where the data is gone for good, let the downgrade raise with the reason.
    """
    require_applied(revision)
    met = revision.met
    if met is None:
        raise DoesNotApply(ENDED_EARLY)
    if met.refusal is not None:
        yield _refused(revision, met.refusal)
    if met.unjudged:
        raise CannotJudge(met.unjudged)
    if met.losses is not None:
        yield from _charged(revision, met, met.losses)
        if met.losses.hidden:
            raise CannotJudge(f"policies hide rows of {', '.join(met.losses.hidden)}, which the role does not own")
    elif _was_taken_back(revision):
        raise CannotJudge("the rows could not be read again after its downgrade")
    if met.unfilled and met.rows.name != "NONE":
        said = "; ".join(f"{each.table} holds no row ({each.reason})" for each in met.unfilled[:3])
        raise CannotJudge(f"it touches what could not be filled: {said}")


def _was_taken_back(revision: WalkedRevision) -> bool:
    step = revision.step(StepName.DOWNGRADE)
    return revision.irreversible is None and step is not None and step.failure is None


def _refused(revision: WalkedRevision, refusal: Refusal) -> Finding:
    failure = refusal.failure
    where = f"{revision.file}:{failure.line or revision.line}"
    which = "any row" if refusal.is_certain else _WHICH[refusal.rows.name]
    how = f"breaks on {which} by its own code" if refusal.is_of_code else f"fails over {which}"
    return Finding(
        revision.revision,
        f"upgrade of {revision.revision!r} runs on empty tables and {how} ({where}): {failure.kind}: {failure.message}",
        hint="give the column a server_default, or fill it before it is required"
        if refusal.is_certain
        else "look whether the target holds such rows, and mend them first",
        evidence=statement(failure),
        identity="refuses any row" if refusal.is_certain else "refuses rows",
        severity=None if refusal.is_certain else Severity.WARNING,
    )


def _charged(revision: WalkedRevision, met: MetRows, losses: LossAccount) -> Iterator[Finding]:
    lost, gained = lines_of_losses(losses), lines_of_gains(losses)
    name, where = revision.revision, place(revision, StepName.DOWNGRADE)
    if lost and revision.irreversible is not None:
        yield Finding(
            name,
            f"{name!r} is declared irreversible, and takes with it: {said_in_short(lost)}",
            evidence=rows_of(losses, met.coverage),
            identity=f"irreversible: {names_of(losses)}",
            severity=Severity.INFO,
        )
    elif lost:
        why = "changes rows, and nothing takes that back" if _takes_nothing_back(revision) else "is not undone"
        yield Finding(
            name,
            f"{name!r} {why} ({where}): {said_in_short(lost)}",
            hint="keep the old values until the next release, or let the downgrade raise with the reason",
            evidence=rows_of(losses, met.coverage),
            identity=f"loses {names_of(losses)}",
        )
    if gained:
        yield Finding(
            name,
            f"{name!r} leaves rows behind ({where}): {said_in_short(gained)}",
            identity="leaves rows",
            severity=Severity.INFO,
        )


def _takes_nothing_back(revision: WalkedRevision) -> bool:
    return revision.downgrade in (Downgrade.EMPTY, Downgrade.MISSING)
