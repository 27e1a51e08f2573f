"""What the rehearsal of all migrations says of each revision: one row a revision, one column a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_dbops.core.check import Check
from pytest_dbops.core.errors import NothingToCheck
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.report import Report
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.gate import GateRequest, prepare_gate
from pytest_dbops.operations.health import check_health

_NEEDS_NO_TARGET = frozenset({"walk", "revision", "downgrade_rule", "settings", "environment", "clock"})


@frozen
class Verification:
    """The report of the questions that the rehearsal answers, and the names of those that are asked of a revision."""

    report: Report
    questions: tuple[str, ...]

    @property
    def rows(self) -> tuple[tuple[str, tuple[CheckResult | None, ...]], ...]:
        """Each revision, oldest first, with its results in the order of the questions."""
        found: dict[str, dict[str, CheckResult]] = {}
        for result in self.report.results:
            name, _, rest = result.id.partition("::")[2].partition("[")
            if rest:
                found.setdefault(rest.removesuffix("]"), {})[name] = result
        return tuple(
            (revision, tuple(results.get(name) for name in self.questions)) for revision, results in found.items()
        )

    @property
    def others(self) -> tuple[CheckResult, ...]:
        """The results that are of the history as a whole."""
        return tuple(result for result in self.report.results if "[" not in result.id)


def verify_migrations(request: GateRequest, *, progress: Progress) -> Verification:
    """Rehearse all migrations on scratch databases and ask everything that needs nothing else; reads no target.

    Raises NothingToCheck when the project has no migrations.
    """
    request = replace(request, revisions="all")
    prepared = prepare_gate(request, progress=progress)
    checks = _answered_by_the_walk(prepared.checks)
    if not checks:
        raise NothingToCheck("no check is about the rehearsal of migrations")
    if prepared.scope is not None and not (prepared.scope.history.revisions or prepared.scope.history.problems):
        raise NothingToCheck("the history has no revision yet (make one: dbops migrate create NAME)")
    report, gate = check_health(request, codes=[check.code for check in checks], progress=progress)
    if not gate.config.project.migrations:
        raise NothingToCheck('no migrations are configured (add to [project]: migrations = "migrations")')
    return Verification(report, tuple(check.name for check in checks if check.step is not None))


def _answered_by_the_walk(checks: Sequence[Check]) -> tuple[Check, ...]:
    return tuple(
        check for check in checks if {"walk", "revision"} & set(check.inputs) and set(check.inputs) <= _NEEDS_NO_TARGET
    )
