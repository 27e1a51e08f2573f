"""Maintenance cleans up after the tool itself, in its own folders and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.maintained import Maintained, fates
from tests.cli.test_maintenance_plan import on_sqlite

YEAR_2000 = 946_684_800
LOGS = '\n[logging]\ndir = "logs"\n[maintenance]\nlog_bytes = 1000\n'
pytestmark = on_sqlite


def write_old(file: Path, text: str = "x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (YEAR_2000, YEAR_2000))
    return file


def test_old_reports_and_parts_of_files_are_removed_and_grown_logs_put_aside(maintained: Maintained) -> None:
    maintained.configure(LOGS)
    report = write_old(maintained.path / "dbops-reports" / "gone" / "gate.json")
    part = write_old(maintained.path / ".dbops" / "history" / ".staging.json.0a1b.part")
    notes = write_old(maintained.path / "dbops-reports" / "gone" / "notes.txt")
    log = write_old(maintained.path / "logs" / "maintenance.log", "line\n" * 300)
    other = write_old(maintained.path / "logs" / "application.log", "line\n" * 300)
    step = maintained.step("clean_files")
    assert step["statements"] == [
        "remove dbops-reports/gone/gate.json", "remove .dbops/history/.staging.json.0a1b.part",
        "move logs/maintenance.log to logs/maintenance.log.1",
    ]  # fmt: skip
    answer = maintained.auto()
    assert (answer.code, fates(answer.json["done"])) == (0, [("clean_files", "done")])
    assert [report.exists(), part.exists(), notes.exists(), other.exists()] == [False, False, True, True]
    assert log.with_name("maintenance.log.1").read_text().startswith("line\nline\n")
    assert maintained.steps() == []


def test_new_report_stays(maintained: Maintained) -> None:
    write_old(maintained.path / "dbops-reports" / "staging" / "gate.json").touch()
    assert maintained.steps() == []


def test_links_lead_nowhere(maintained: Maintained, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = write_old(tmp_path_factory.mktemp("outside") / "gate.json")
    reports = maintained.path / "dbops-reports"
    reports.mkdir()
    (reports / "linked").symlink_to(outside.parent)
    (reports / "staging").mkdir()
    (reports / "staging" / "gate.json").symlink_to(outside)
    assert maintained.steps() == []
    assert outside.exists()
