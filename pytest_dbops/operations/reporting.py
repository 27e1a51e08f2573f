"""Where the reports of a gate go."""

from __future__ import annotations

from pathlib import Path

from pytest_dbops.core.report import Report
from pytest_dbops.operations.gate import Gate
from pytest_dbops.reports.junit import Profile
from pytest_dbops.reports.write import Format, write_reports
from pytest_dbops.reports.write import report_folder as report_folder_of


def report_folder(gate: Gate) -> Path:
    """Return the folder of the environment's reports, beside dbops.toml."""
    return report_folder_of(gate.environment.name, gate.config.path(gate.config.gate.reports_dir))


def write_gate_reports(gate: Gate, report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the configured formats and return the files; secrets are masked last of all."""
    settings = gate.config.gate
    return write_reports(
        report,
        folder,
        formats=[Format(name) for name in settings.reports],
        junit_profile=Profile(settings.junit_profile),
        mask=gate.config.mask,
    )
