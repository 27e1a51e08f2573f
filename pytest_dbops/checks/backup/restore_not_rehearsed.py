"""BAK005."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.backups import Drill
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding, Row
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of

_DAY_S = 86_400
_HINT = "restore the newest backup to a scratch server, and compare what is in it"


@check(
    "BAK005",
    category="backup",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"warn_days": 8, "fail_days": 31, "rto_s": 0},
)
def restore_not_rehearsed(
    backups: BackupCatalog, environment: Environment, clock: datetime, settings: Settings
) -> Iterator[Finding]:
    """The last restore drill failed, took too long, or is too long ago.

    That a backup can be restored, and how long that takes, is known from having done it. Judged are the result of the
    newest drill, the age of the newest that went well (`warn_days`, `fail_days`), and how long its restore took against
    the recovery time objective (`rto_s`; 0: none is declared). A drill that compared nothing proves nothing.

    Hold one now. After a failure find out what stopped it before anything else is changed; after one that took too
    long restore in parallel, keep a replica, or agree on another objective.
    """
    drills = sorted(backups.drills(), key=lambda drill: drill.finished_at, reverse=True)
    yield from _failed(environment, drills)
    passed = [drill for drill in drills if not drill.problem and drill.compared_tables]
    if not passed:
        if not drills:
            yield Finding(
                environment.name, f"no restore of {environment.name!r} was ever rehearsed", hint=_HINT, identity="age"
            )
        return
    last = passed[0]
    age_s = (clock - last.finished_at).total_seconds()
    warn, fail = settings.number("warn_days") * _DAY_S, settings.number("fail_days") * _DAY_S
    severity = severity_of(age_s, warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            environment.name,
            f"a restore of {environment.name!r} was last rehearsed {render_duration(age_s)} ago, of {last.backup!r}; "
            f"{render_duration(limit_reached(severity, warn=warn, fail=fail))} is the limit",
            hint=_HINT,
            evidence=(_shown(last),),
            identity="age",
            severity=severity,
        )
    yield from _too_slow(environment, last, settings.number("rto_s"))


def _failed(environment: Environment, drills: Sequence[Drill]) -> Iterator[Finding]:
    """Yield what is wrong with the newest drill; an older one that went well does not excuse it."""
    if not drills:
        return
    last = drills[0]
    if problem := last.problem or ("" if last.compared_tables else "it was restored, and nothing in it was compared"):
        yield Finding(
            environment.name,
            f"the last restore drill, of {last.backup!r} at {last.finished_at:%Y-%m-%d %H:%M}, failed: {problem}",
            hint="find out what stopped it, then hold another",
            evidence=(_shown(last),),
            identity="failed",
        )


def _too_slow(environment: Environment, drill: Drill, objective_s: float) -> Iterator[Finding]:
    if objective_s and drill.restored_s > objective_s:
        yield Finding(
            environment.name,
            f"to restore {drill.backup!r} took {render_duration(drill.restored_s)}; the recovery time objective is "
            f"{render_duration(objective_s)}",
            hint="restore in parallel, keep a replica, or agree on another objective",
            evidence=(_shown(drill),),
            identity="rto",
        )


def _shown(drill: Drill) -> Row:
    return {
        "backup": drill.backup, "finished_at": drill.finished_at.isoformat(), "restored_s": drill.restored_s,
        "compared_tables": drill.compared_tables, "server": drill.server,
    }  # fmt: skip
