"""MIG013."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._drift import drift_in_short
from pytest_dbops.checks.migrations._steps import place, statement
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.drift import Drifts
    from pytest_dbops.core.forecast import Forecasts, RevisionForecast
    from pytest_dbops.core.walk import Failure, Walk, WalkedRevision
    from pytest_dbops.core.walk.on_target import TargetRehearsal


@check("MIG013", category="migrations", severity=Severity.ERROR, cost=Cost.FULL)
def fails_on_target(on_target: TargetRehearsal, walk: Walk, drift_of_target: Drifts) -> Iterator[Finding]:
    """A pending revision applies to what the history makes, and not to what the target is.

    The deploy would stop there. What is pending is rehearsed on a scratch copy of the target's own schema, made
    without its rows and filled with generated ones; the target is only read. Most often somebody has changed it by
    hand, which the finding names. What fails on the history's own schema too is told by `applies` and `keeps_data`.
    Each revision is an info beside, with how long it will take at the target's sizes: measured at three sizes on
    scratch hardware, three times each, and carried on by the law that fits, with an interval.

    Take the change back, or let the revision meet it; see `target_drift` for all that differs. PostgreSQL's schema is
    copied by a pg_dump of at least the target's major version.
    """
    for revision in on_target.walk.revisions:
        known = walk.revision(revision.revision)
        if revision.unjudged:
            raise CannotJudge(f"{revision.revision!r} was not rehearsed on the target's schema: {revision.unjudged}")
        if (failure := _failure(revision)) is not None and (known is None or _failure(known) is None):
            yield _failed(revision, failure, drift_of_target)
    for forecast in on_target.forecasts.revisions:
        yield _forecast(forecast, on_target.forecasts)


def _failure(revision: WalkedRevision) -> Failure | None:
    """Return why a revision cannot be put in: at all, or over rows."""
    step = revision.step(StepName.UPGRADE)
    if step is not None and step.failure is not None:
        return step.failure
    refusal = revision.met.refusal if revision.met is not None else None
    return refusal.failure if refusal is not None else None


def _failed(revision: WalkedRevision, failure: Failure, drifts: Drifts) -> Finding:
    over = "" if not revision.is_applied else " over generated rows"
    drifted, rows = drift_in_short(drifts, f"{failure.statement} {failure.message}")
    where = place(revision, StepName.UPGRADE)
    return Finding(
        revision.revision,
        f"upgrade of {revision.revision!r} fails{over} on the target's own schema ({where}): {failure.kind}:"
        f" {failure.message}" + (f"; the target has drifted: {drifted}" if drifted else ""),
        hint="take the target's change back, or let the revision meet it" if drifted else failure.hint,
        evidence=(*statement(failure), *rows),
        identity="fails on target",
        severity=None if not revision.is_applied else Severity.WARNING,
    )


def _forecast(forecast: RevisionForecast, all_of_them: Forecasts) -> Finding:
    from pytest_dbops.core.observed.durations import forecast_in_words

    name = forecast.revision
    if forecast.whole is None:
        message = f"how long {name!r} will take is not known: {forecast.unknown}"
    else:
        message = f"{name!r} will take {forecast_in_words(forecast.whole, all_of_them.hardware)}"
    return Finding(
        name,
        message,
        evidence=tuple(
            {
                "statement": each.sql,
                "line": each.line,
                "forecast_ms": round(each.estimate.ms, 1),
                "low_ms": round(each.estimate.low_ms, 1),
                "high_ms": round(each.estimate.high_ms, 1),
                "growth": each.estimate.growth.value,
                "rows": each.estimate.rows,
                "measured_at_rows": each.estimate.measured_rows,
            }
            for each in forecast.statements
        ),
        identity="forecast",
        severity=Severity.INFO,
    )
