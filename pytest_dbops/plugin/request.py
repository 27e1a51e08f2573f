"""From pytest's options to a gate, and from a report to files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.checks.registry import checks_in
from pytest_dbops.core.check import Cost
from pytest_dbops.operations.gate import Gate, GateRequest, prepare_gate
from pytest_dbops.plugin.progress import progress_on

if TYPE_CHECKING:
    from pytest import Config

    from pytest_dbops.core.report import Report

_OVERRIDES = (
    ("dbops_fail_on", "gate.fail_on"),
    ("dbops_junit", "gate.junit_profile"),
)


def prepare(config: Config, anchor: Path, environment: str) -> Gate:
    """Return the gate the command line asks for; offline. Raises DbopsError for what is wrong in files."""
    given = config.getoption("dbops_baseline")
    worker = getattr(config, "workerinput", {})
    request = GateRequest(
        config_file=anchor,
        environment=environment,
        variables=os.environ,
        now=datetime.now(UTC),
        options=_options(config),
        cost=Cost(config.getoption("dbops_cost") or "full"),
        baseline=config.invocation_params.dir / given if given else None,
        revisions=config.getoption("dbops_revisions"),
        is_fresh=config.getoption("dbops_fresh"),
        added=tuple(check for found in config.hook.pytest_dbops_checks(config=config) for check in checks_in(found)),
        run_folder=Path(worker["dbops_run"]) if "dbops_run" in worker else None,
    )
    return prepare_gate(request, progress=progress_on(config))


def write(config: Config, gate: Gate, report: Report) -> tuple[Path, ...]:
    """Write the reports; raises UsageError, one line, when a file cannot be written."""
    # Imported here: a session that only collects writes nothing.
    from pytest_dbops.operations.reporting import write_gate_reports

    return write_gate_reports(gate, report, _folder(config, gate))


def withdraw_reports(config: Config, gate: Gate) -> None:
    """Remove the reports of an earlier run, so that none is taken for this one's; raises DbopsError if one stays."""
    from pytest_dbops.reports.write import remove_reports

    remove_reports(gate.environment.name, _folder(config, gate))


def _folder(config: Config, gate: Gate) -> Path:
    from pytest_dbops.operations.reporting import report_folder

    given = config.getoption("dbops_report_dir")
    return config.invocation_params.dir / given if given else report_folder(gate)


def _options(config: Config) -> dict[str, object]:
    options: dict[str, object] = {
        key: value for name, key in _OVERRIDES if (value := config.getoption(name)) is not None
    }
    formats = config.getoption("dbops_report")
    if formats is not None:
        options["gate.reports"] = [] if formats == "none" else [word.strip() for word in formats.split(",")]
    return options
