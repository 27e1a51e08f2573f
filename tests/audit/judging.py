"""Ask the gate's questions of a trail."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from tests.audit.conftest import Audited

STATE = ("AUD001", "AUD002", "AUD003", "AUD004", "AUD005", "AUD006", "AUD008")


def judged(project: Audited, *codes: str) -> dict[str, tuple[str, list[str]]]:
    """Return outcome and subjects of some checks; where there is no finding, the reason stands for them."""
    request = GateRequest(project.path / "dbops.toml", "staging", project.variables, datetime.now(UTC))
    report, _ = check_health(request, categories=(), codes=codes or STATE, progress=lambda text: None)
    return {
        each.code: (each.outcome.value, [finding.subject for finding in each.findings] or [each.reason][:1])
        for each in report.results
    }


def found(project: Audited) -> dict[str, list[str]]:
    """Return the subjects of what fails."""
    return {code: subjects for code, (outcome, subjects) in judged(project).items() if outcome == "failed"}


def trigger(project: Audited, table: str, event: str) -> str:
    """Return the name of a trigger that records."""
    return f"dbops_audit_{event}" if project.dialect == "postgresql" else f"dbops_audit_{table}_{event}"
