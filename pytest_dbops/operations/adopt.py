"""Adopt the gate in a project that has findings: they are written down once, and from then on only new ones decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytest_dbops.config.baseline import refuse_other_file, write_baseline
from pytest_dbops.config.load import load_config
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.operations.aside import descriptor_aside
from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from pytest_dbops.operations.initialise import FIRST_LINE

DEFAULT_FILE = "dbops-baseline.json"


@frozen
class Adopted:
    """What was written down: how many findings, of which environment, and what a gate says of them."""

    file: Path
    findings: int
    environment: str
    report: Report


def write_todays_findings(request: GateRequest, path: Path, *, progress: Callable[[str], None]) -> Adopted:
    """Ask all checks, and replace the baseline at `path` by what they find.

    Raises CannotJudge when a check could not be judged, as its findings would be lost; ConfigError when another file
    is at `path`.
    """
    refuse_other_file(path)
    with descriptor_aside():
        report, gate = check_health(request, progress=progress)
    tolerated, mask = gate.config.gate.may_skip, gate.config.mask
    unjudged = [r for r in report.results if r.outcome is Outcome.INCONCLUSIVE and r.code not in tolerated]
    if unjudged:
        raise CannotJudge(
            f"{len(unjudged)} checks could not be judged, so a baseline would hide what they find; "
            f"first: {unjudged[0].code} {unjudged[0].reason}"
        )
    findings = [finding for result in report.results for finding in result.findings]
    written = write_baseline(path, [replace(one, message=mask(one.message)) for one in findings])
    return Adopted(path, written, report.target.environment, report)


def name_baseline(file: Path, baseline: str) -> bool:
    """Add the baseline to a dbops.toml as `dbops init` writes it; tells whether the file names it now.

    A file that somebody wrote is left alone.
    """
    if load_config(file, variables={}).gate.baseline:
        return True
    text = file.read_text(encoding="utf-8")
    tables = [line for line in text.splitlines() if line.startswith("[")]
    if not text.startswith(FIRST_LINE) or tables[-1:] != ["[gate]"]:
        return False
    with file.open("a", encoding="utf-8") as target:
        target.write(f'baseline = "{baseline}"\n')
    return True
