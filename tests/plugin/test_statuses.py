"""How outcomes show: in pytest's words, in the exit status, and in what a person reads."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.fix_project import GateProject

FIVE_ROWS = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 5) SELECT id FROM n"
OWN = "dbops.toml::checks::five_rows"


def waiver(subject: str, *, days: int = 30, check: str = "OWN001") -> str:
    expires = (datetime.now(UTC) + timedelta(days=days)).date()
    return (
        f'\n[[waiver]]\ncheck = "{check}"\nsubject = "{subject}"\nowner = "ledger team"\n'
        f'reason = "agreed with the auditors"\nexpires = {expires}\n'
    )


def test_a_sound_database_passes(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging")
    assert result.ret == 0
    assert gate_project.verdict() == ("pass", "full")


def test_findings_fail_and_are_shown_without_frames(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS, more="-- title: There are rows\n-- hint: remove them\n")
    result = gate_project.run("--dbops-env=staging", OWN)
    assert result.ret == 1
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*OWN001*There are rows*", "*five_rows?id=1?*", "*remove them*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*runtest*")


def test_a_warning_has_its_own_status_and_does_not_fail(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS, severity="warning")
    result = gate_project.run("--dbops-env=staging", "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"{OWN} WARNED*", "*1 warned*"])
    assert gate_project.verdict() == ("pass with warnings", "full")


def test_fail_on_warning_makes_a_warning_fail(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS, severity="warning")
    result = gate_project.run("--dbops-env=staging", "--dbops-fail-on=warning", OWN)
    result.assert_outcomes(failed=1)


def test_all_findings_waived_is_an_expected_failure(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS)
    gate_project.append("dbops.toml", waiver("five_rows*"))
    result = gate_project.run("--dbops-env=staging", OWN, "-rx")
    assert result.ret == 0
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["*waived until * by ledger team: agreed with the auditors*"])


def test_two_of_five_findings_waived_still_fails(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS)
    gate_project.append("dbops.toml", waiver("five_rows[[]id=[12]]"))
    result = gate_project.run("--dbops-env=staging", OWN)
    result.assert_outcomes(failed=1)
    judged = gate_project.report()["results"][0]
    assert (len(judged["findings"]), len(judged["waived"])) == (3, 2)


def test_a_check_that_does_not_apply_is_skipped_with_its_reason(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS, more="-- backends: postgresql\n")
    gate_project.sql_check("no_rows", "SELECT 1 WHERE 1 = 0", code="OWN002")
    result = gate_project.run("--dbops-env=staging", "dbops.toml::checks", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines([
        "Skipped, does not apply here (1)", "  reasons: gate.txt, or pytest -v",
        "SKIPPED*is for postgresql, not sqlite*",
    ])  # fmt: skip
    assert "  is for postgresql, not sqlite\n" in (gate_project.path / "dbops-reports/staging/gate.txt").read_text()


def test_a_check_that_cannot_be_judged_is_an_error(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", "SELECT id FROM nowhere")
    result = gate_project.run("--dbops-env=staging", OWN, "-v")
    assert result.ret == 1
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{OWN} INCONCLUSIVE*", "*no such table: nowhere*"])


def test_an_inconclusive_check_may_be_tolerated_by_its_code(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", "SELECT id FROM nowhere")
    gate_project.append("dbops.toml", '\n[gate]\nmay_skip = ["OWN001"]\n')
    result = gate_project.run("--dbops-env=staging")
    assert gate_project.verdict() == ("pass with warnings", "full")
    assert result.ret == 0


def test_only_new_findings_fail_against_a_baseline(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS)
    written = gate_project.pytester.run(sys.executable, "-m", "pytest_dbops", "baseline", "write", "--env", "staging")
    assert written.ret == 0
    known = gate_project.run("--dbops-env=staging", "--dbops-baseline=dbops-baseline.json", OWN)
    known.assert_outcomes(passed=1)
    gate_project.sql_check("five_rows", FIVE_ROWS.replace("id < 5", "id < 6"))
    new = gate_project.run("--dbops-env=staging", "--dbops-baseline=dbops-baseline.json", OWN)
    new.assert_outcomes(failed=1)
    assert [f["subject"] for f in gate_project.report()["results"][0]["findings"] if f["fingerprint"]
            not in gate_project.report()["results"][0]["known"]] == ["five_rows[id=6]"]  # fmt: skip


def test_settings_of_a_check_come_from_the_configuration(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", "\n[checks.CON001]\nfail_ms = 0\nwarn_ms = 0\n")
    result = gate_project.run("--dbops-env=staging", "dbops.toml::connectivity::slow_round_trip")
    result.assert_outcomes(failed=1)


def test_a_check_can_be_switched_off(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", "\n[checks.SCH006]\nenabled = false\n")
    gate_project.run("--dbops-env=staging")
    assert gate_project.outcomes()["SCH006"] == "skipped"


def test_the_severity_of_a_check_can_be_lowered(gate_project: GateProject) -> None:
    gate_project.sql_check("five_rows", FIVE_ROWS)
    gate_project.append("dbops.toml", '\n[checks.OWN001]\nseverity = "warning"\n')
    gate_project.run("--dbops-env=staging")
    assert gate_project.outcomes()["OWN001"] == "warned"


def test_text_of_rows_is_masked_unless_the_check_shows_it(gate_project: GateProject) -> None:
    gate_project.sql_check(
        "five_rows", "SELECT 7 AS id, 'anna.example' AS name, 'B-1' AS number", more="-- show: number\n"
    )
    result = gate_project.run("--dbops-env=staging", OWN)
    evidence = gate_project.report()["results"][0]["findings"][0]["evidence"]
    assert evidence == [{"id": 7, "name": "(text, 12 characters)", "number": "B-1"}]
    result.stdout.no_fnmatch_line("*anna*")


def test_quiet_twice_prints_no_summary(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "-qq")
    result.stdout.no_fnmatch_line("*dbops gate*")


def test_the_header_names_the_gate_in_one_line(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "--collect-only")
    result.stdout.fnmatch_lines(
        ["dbops: gate of 'staging' (staging, sqlite, sqlite:///staging.sqlite3), * checks, dbops.toml"]
    )


@pytest.mark.parametrize("word", ["text", "json", "junit"])
def test_one_report_can_be_asked_for(gate_project: GateProject, word: str) -> None:
    gate_project.run("--dbops-env=staging", f"--dbops-report={word}", "--dbops-report-dir=out")
    names = {"text": "gate.txt", "json": "gate.json", "junit": "junit-dbops-staging.xml"}
    assert [file.name for file in (gate_project.path / "out").iterdir()] == [names[word]]


def test_log_files_are_written_where_they_are_asked_for(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", '\n[logging]\ndir = "logs"\nlevel = "DEBUG"\n')
    assert gate_project.run("--dbops-env=staging", "--collect-only").ret == 0
    assert not (gate_project.path / "logs").exists()
    assert gate_project.run("--dbops-env=staging").ret == 0
    assert (gate_project.path / "logs").is_dir()


PRINTS = """
import logging, os, sys
from pytest_dbops import Finding, Severity, check

@check("OWN001", severity=Severity.ERROR)
def prints(session):
    '''Prints.'''
    print("out", os.environ["BOOKS_URL"])
    sys.stderr.write("err " + os.environ["BOOKS_URL"])
    logging.getLogger("own").warning("log %s", os.environ["BOOKS_URL"])
    yield Finding("invoice", "is odd")
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_check_prints_is_shown_without_secrets(
    gate_project: GateProject, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("BOOKS_URL", "postgresql://app:sesame-open@db.example.com/books")
    gate_project.append("dbops.toml", '\n[env.production]\nurl = "env:BOOKS_URL"\n')
    gate_project.write("checks/prints.py", PRINTS)
    result = gate_project.run_apart(
        "--dbops-env=staging", "dbops.toml::checks", "-n", workers, "--junit-xml=mine.xml", "-p", "no:randomly"
    )
    result.stdout.fnmatch_lines(["*Captured stdout call*", "out *", "*Captured stderr call*", "err *", "*log *"])
    shown = result.stdout.str() + result.stderr.str() + (gate_project.path / "mine.xml").read_text(encoding="utf-8")
    assert "sesame" not in shown
