"""No silent green: whatever keeps a gate from judging is loud, non-zero, and never a passed gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fix_project import GateProject

TODAY = datetime.now(UTC).date()


def is_not_green(gate_project: GateProject, result: pytest.RunResult, *, verdict: str) -> bool:
    return result.ret != 0 and gate_project.verdict()[0] == verdict and verdict in result.stdout.str().lower()


def test_database_that_is_not_there(gate_project: GateProject) -> None:
    (gate_project.path / "staging.sqlite3").unlink()
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    assert not (gate_project.path / "staging.sqlite3").exists()


def test_database_that_is_not_the_declared_one(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", '[env.staging.expect]\ndatabase = "books.sqlite3"\n')
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*books.sqlite3*"])


def test_database_that_says_it_is_another_environments(gate_project: GateProject) -> None:
    gate_project.sql(
        "CREATE TABLE dbops_marker (environment text NOT NULL); INSERT INTO dbops_marker VALUES ('production')"
    )
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*marked 'production'*"])


def test_file_that_is_no_database(gate_project: GateProject) -> None:
    gate_project.write("staging.sqlite3", "these are no pages of SQLite, however long one looks\n" * 100)
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")


def test_missing_anchor(gate_project: GateProject) -> None:
    (gate_project.path / "dbops.toml").unlink()
    result = gate_project.run("--dbops-env=staging")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: there is no dbops.toml in *"])


def test_anchor_beside_the_folder_it_lies_in(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id")
    result = gate_project.run("--dbops-env=staging", ".", "dbops.toml")
    assert is_not_green(gate_project, result, verdict="blocked")
    assert gate_project.verdict() == ("blocked", "full")


def test_category_without_a_check(gate_project: GateProject) -> None:
    text = (gate_project.path / "dbops.toml").read_text()
    gate_project.write("dbops.toml", text.replace('checks = ["checks"]', ""))
    result = gate_project.run("--dbops-env=staging", "dbops.toml::checks")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *dbops.toml::checks*"])


def test_failure_that_was_mended_on_paper_only(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id")
    gate_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging")
    again = gate_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging", "--lf")
    assert is_not_green(gate_project, again, verdict="blocked")


def test_last_failed_run_that_passes_is_no_passed_gate(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id")
    gate_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging")
    gate_project.sql_check("rows", "SELECT 1 AS id WHERE 1 = 0")
    again = gate_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging", "--lf")
    assert gate_project.report()["judgement"]["is_passed_gate"] is False
    again.stdout.fnmatch_lines(["PASS (partial run)*"])


def test_k_that_matches_nothing(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "-k", "nothing_is_called_so")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_k_that_matches_a_part_says_partial(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "-k", "connectivity")
    assert gate_project.verdict() == ("pass", "partial")
    assert gate_project.report()["judgement"]["is_passed_gate"] is False
    result.stdout.fnmatch_lines(["PASS (partial run)*"])


def test_run_that_leaves_out_what_reads_data_is_no_passed_gate(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id WHERE 1 = 0")
    result = gate_project.run("--dbops-env=staging", "--dbops-cost=catalog")
    assert gate_project.verdict() == ("pass", "partial")
    assert gate_project.report()["judgement"]["is_passed_gate"] is False
    results = {each["code"]: each for each in gate_project.report()["results"]}
    left_out = [code for code, each in results.items() if "asked for are costs up to catalog" in each["reason"]]
    assert results["OWN001"]["outcome"] == "skipped"
    result.stdout.fnmatch_lines(
        ["PASS (partial run)*", f"*partial run, {len(left_out)} checks that read more than catalog data left out*"]
    )


def test_cost_that_leaves_nothing_out_is_a_full_gate(gate_project: GateProject) -> None:
    gate_project.run("--dbops-env=staging", "--dbops-cost=full")
    assert gate_project.verdict() == ("pass", "full")


@pytest.mark.parametrize("arguments", [("--dbops-env=",), ("--dbops-env=", "test_ordinary.py"), ("--dbops-env", "")])
def test_empty_name_of_an_environment(gate_project: GateProject, arguments: tuple[str, ...]) -> None:
    gate_project.write("test_ordinary.py", "def test_ordinary():\n    pass\n")
    result = gate_project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the environment's name is empty (is a variable unset?); name one of *"])


def test_run_in_which_everything_was_skipped(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id", more="-- backends: postgresql\n")
    result = gate_project.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*nothing was judged*"])


def waiver(expires: str) -> str:
    return (
        '\n[[waiver]]\ncheck = "OWN001"\nsubject = "*"\nowner = "ledger team"\n'
        f'reason = "agreed with the auditors"\nexpires = {expires}\n'
    )


def test_expired_waiver(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id WHERE 1 = 0")
    gate_project.append("dbops.toml", waiver(str(TODAY - timedelta(days=1))))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="blocked")
    result.stdout.fnmatch_lines(["*waiver OWN001*has expired: agreed with the*"])


def test_unused_waiver_is_a_warning(gate_project: GateProject) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id WHERE 1 = 0")
    gate_project.append("dbops.toml", waiver(str(TODAY + timedelta(days=30))))
    gate_project.run("--dbops-env=staging")
    assert gate_project.verdict() == ("pass with warnings", "full")


@pytest.mark.parametrize("expires", ['"some day"', "true", "181 days from now"])
def test_malformed_waiver_stops_before_any_connection(gate_project: GateProject, expires: str) -> None:
    if expires.startswith("181"):  # one day more than is allowed, on the day on which it is asked
        expires = str(datetime.now(UTC).date() + timedelta(days=181))
    (gate_project.path / "staging.sqlite3").unlink()
    gate_project.sql_check("rows", "SELECT 1 AS id")
    gate_project.append("dbops.toml", waiver(expires))
    result = gate_project.run("--dbops-env=staging")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: dbops.toml:*waiver*"])


BROKEN = """
from pytest_dbops import Finding, Severity, check

@check("OWN001", severity=Severity.ERROR)
def raises(catalog):
    '''Breaks.'''
    {before}
    raise KeyError("nobody expected this")
    yield
"""


def test_check_that_raises_before_its_first_finding(gate_project: GateProject) -> None:
    gate_project.write("checks/raises.py", BROKEN.format(before="pass"))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*the check broke: KeyError: 'nobody expected this' (raises.py:8)*"])


def test_check_that_raises_after_a_finding(gate_project: GateProject) -> None:
    gate_project.write("checks/raises.py", BROKEN.format(before="yield Finding('invoice', 'is odd')"))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="blocked")
    assert gate_project.outcomes()["OWN001"] == "inconclusive"


RETURNS = """
from pytest_dbops import Finding, Severity, check

@check("OWN001", severity=Severity.ERROR)
{asynchronous}def returns(session):
    '''Returns.'''
    return {value}
"""


@pytest.mark.parametrize(
    ("value", "kind", "asynchronous"),
    [
        ("None", "None", ""),
        ("False", "bool", ""),
        ("''", "str", ""),
        ("{}", "dict", ""),
        ("Finding('invoice', 'is odd')", "Finding", ""),
        ("[]", "coroutine", "async "),
    ],
)
def test_check_that_returns_no_findings(gate_project: GateProject, value: str, kind: str, asynchronous: str) -> None:
    gate_project.write("checks/returns.py", RETURNS.format(value=value, asynchronous=asynchronous))
    result = gate_project.run("--dbops-env=staging", "dbops.toml::checks")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.fnmatch_lines([f"*returned {kind}; yield findings or return a list*"])


@pytest.mark.parametrize("value", ["[]", "()", "iter(())", "(f for f in [])"])
def test_check_that_returns_an_empty_collection_passes(gate_project: GateProject, value: str) -> None:
    gate_project.write("checks/returns.py", RETURNS.format(value=value, asynchronous=""))
    assert gate_project.run("--dbops-env=staging", "dbops.toml::checks").ret == 0


def test_check_that_yields_something_else(gate_project: GateProject) -> None:
    gate_project.write("checks/raises.py", BROKEN.format(before="yield 'invoice is odd'"))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")


ENDS = [
    "raise SystemExit(0)",
    "import pytest; pytest.skip('not today')",
    "raise GeneratorExit",
    "import asyncio; raise asyncio.CancelledError",
    "raise type('Own', (BaseException,), {})('of the project')",
]


@pytest.mark.parametrize("statement", ENDS)
def test_check_that_ends_the_process_early(gate_project: GateProject, statement: str) -> None:
    gate_project.write("checks/raises.py", BROKEN.format(before=statement))
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    result.stdout.fnmatch_lines(["*the check broke: * (raises.py:7)*"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("statement", ENDS)
def test_check_file_that_ends_the_process_when_it_is_imported(gate_project: GateProject, statement: str) -> None:
    gate_project.write("checks/raises.py", f"\n{statement}\n")
    result = gate_project.run("--dbops-env=staging")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *raises.py:2: *"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_statement_that_takes_too_long(gate_project: GateProject) -> None:
    endless = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n WHERE id < 0"
    gate_project.sql_check("endless", endless)
    gate_project.append("dbops.toml", "")
    config = (gate_project.path / "dbops.toml").read_text(encoding="utf-8")
    gate_project.write("dbops.toml", config + "statement_timeout_s = 0.3\n")
    result = gate_project.run("--dbops-env=staging")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    assert gate_project.outcomes()["OWN001"] == "inconclusive"


@pytest.mark.fault
def test_worker_that_is_killed(gate_project: GateProject) -> None:
    pytest.importorskip("xdist")
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    gate_project.write("checks/raises.py", BROKEN.format(before=kill))
    result = gate_project.run_apart("--dbops-env=staging", "-n", "2", "-p", "no:randomly")
    assert is_not_green(gate_project, result, verdict="inconclusive")
    assert "checks::raises" not in {r["id"] for r in gate_project.report()["results"]}


def test_run_that_is_interrupted(gate_project: GateProject) -> None:
    gate_project.write("checks/raises.py", BROKEN.format(before="raise KeyboardInterrupt"))
    result = gate_project.run_apart("--dbops-env=staging", "-p", "no:randomly")
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_report_that_cannot_be_written(gate_project: GateProject) -> None:
    gate_project.write("dbops-reports", "a file where the folder should be")
    result = gate_project.run("--dbops-env=staging")
    assert result.ret != 0
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
