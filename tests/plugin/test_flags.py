"""The gate under pytest's own options and its neighbours' plugins, one test each."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

from tests.fix_project import GateProject

FAILING = ("five_rows", "SELECT 1 AS id UNION ALL SELECT 2")
HTML = ("-p", "metadata", "-p", "html", "-p", "html_fixtures")
OWN = "dbops.toml::checks::five_rows"


@pytest.fixture
def failing_project(gate_project: GateProject) -> GateProject:
    """A project whose gate has one failing check beside the passing ones."""
    gate_project.sql_check(*FAILING)
    return gate_project


def needs(module: str) -> pytest.MarkDecorator:
    """Skip a test where a neighbour's plugin is not installed."""
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


def test_k_selects_by_category(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "-k", "schema")
    assert result.ret == 0
    assert gate_project.verdict() == ("pass", "partial")
    assert {r["category"] for r in gate_project.report()["results"]} == {"schema"}


def test_m_selects_by_marker(gate_project: GateProject) -> None:
    gate_project.write("test_ordinary.py", "def test_ordinary(): pass\n")
    result = gate_project.run("--dbops-env=staging", ".", "dbops.toml", "-m", "dbops")
    assert result.ret == 0
    assert gate_project.verdict() == ("pass", "full")
    assert result.parseoutcomes()["deselected"] == 1


def test_lf_runs_the_failure_again(failing_project: GateProject) -> None:
    first = failing_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging")
    again = failing_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging", "--lf")
    assert (first.ret, again.ret) == (1, 1)
    assert again.parseoutcomes()["failed"] == 1
    assert failing_project.verdict() == ("blocked", "partial")


def test_ff_runs_the_failure_first(failing_project: GateProject) -> None:
    failing_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging")
    again = failing_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging", "--ff", "-v")
    lines = [line for line in again.outlines if line.startswith("dbops.toml::")]
    assert lines[0].startswith(OWN)
    assert failing_project.verdict() == ("blocked", "full")


def test_sw_stops_at_the_failure_and_goes_on_from_it(failing_project: GateProject) -> None:
    failing_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging", "--sw")
    again = failing_project.pytester.runpytest_inprocess("-p", "no:randomly", "--dbops-env=staging", "--sw")
    assert again.parseoutcomes()["failed"] == 1
    assert again.parseoutcomes()["deselected"] > 10


def test_deselect_makes_the_run_partial(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "--deselect", "dbops.toml::schema::duplicate_index")
    assert result.ret == 0
    assert gate_project.verdict() == ("pass", "partial")


def test_x_stops_and_the_run_is_partial(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", "\n[checks.CON001]\nfail_ms = 0\nwarn_ms = 0\n")
    result = gate_project.run("--dbops-env=staging", "-x")
    assert result.ret != 0
    assert gate_project.verdict() == ("blocked", "partial")


def test_durations_are_those_of_the_checks(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "--durations=3", "-vv")
    result.stdout.fnmatch_lines(["*slowest 3 durations*", "*s call*dbops.toml::*"])


@pytest.mark.parametrize("flag", ["--collect-only", "--setup-plan"])
def test_a_session_that_runs_nothing_has_no_verdict(gate_project: GateProject, flag: str) -> None:
    result = gate_project.run("--dbops-env=staging", flag)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*dbops gate*")
    assert not (gate_project.path / "dbops-reports").exists()


@needs("xdist")
@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "worksteal"])
def test_two_workers_come_to_the_same_verdict(failing_project: GateProject, dist: str) -> None:
    alone = failing_project.run("--dbops-env=staging")
    judged_alone = failing_project.outcomes()
    shutil.rmtree(failing_project.path / ".dbops" / "history")  # a second run judges what a first one has counted
    result = failing_project.run_apart("--dbops-env=staging", "-n", "2", "--dist", dist)
    assert alone.ret == result.ret == 1
    assert failing_project.outcomes() == judged_alone
    assert failing_project.verdict() == ("blocked", "full")


HOSTILE = r"""
from pytest_dbops import Finding, Severity, check

TEXT = "lone \ud800 surrogate, \x00 \x1b[31m ]]> \u202e"

@check("OWN002", severity=Severity.ERROR)
def hostile_finding(session):
    yield Finding(TEXT, TEXT, hint=TEXT, evidence=({TEXT: TEXT},), identity=TEXT)

@check("OWN003", severity=Severity.ERROR)
def hostile_crash(session):
    raise RuntimeError(TEXT)

@check("OWN004", severity=Severity.ERROR)
def hostile_log(session):
    import logging
    logging.getLogger("own").warning(TEXT)
    yield Finding("invoice", "is odd")
"""


@needs("xdist")
def test_hostile_text_crosses_workers_unchanged(gate_project: GateProject) -> None:
    rows = "SELECT cast(x'ff00fe' AS text) AS id, cast(x'eda080' AS text) AS number"
    gate_project.sql_check("hostile_rows", rows, more="-- show: number\n")
    gate_project.write("checks/hostile.py", HOSTILE)
    own = ("--dbops-env=staging", "dbops.toml::checks", "-p", "no:randomly", "--junit-xml=mine.xml")
    alone = gate_project.run_apart(*own)
    judged_alone = judged(gate_project)
    shared = gate_project.run_apart(*own, "-n", "2")
    assert (alone.ret, shared.ret) == (1, 1)
    assert judged(gate_project) == judged_alone
    assert gate_project.outcomes() == {
        "OWN001": "failed", "OWN002": "failed", "OWN003": "inconclusive", "OWN004": "failed",
    }  # fmt: skip
    assert "INTERNALERROR" not in shared.stdout.str()


def judged(gate_project: GateProject) -> list[dict[str, object]]:
    """Return the results of the last run without what time they took."""
    return [{**result, "duration_s": 0} for result in gate_project.report()["results"]]


def test_strict_markers_and_strict_config(gate_project: GateProject) -> None:
    result = gate_project.run("--dbops-env=staging", "--strict-markers", "--strict-config")
    assert result.ret == 0


def test_warnings_as_errors(gate_project: GateProject) -> None:
    result = gate_project.run_apart("--dbops-env=staging", "-W", "error", "-p", "no:randomly")
    assert result.ret == 0
    assert gate_project.verdict() == ("pass", "full")


@needs("pytest_randomly")
def test_random_order(failing_project: GateProject) -> None:
    result = failing_project.run_apart("--dbops-env=staging", "-p", "randomly", "-p", "no:cacheprovider")
    assert result.ret == 1
    assert failing_project.verdict() == ("blocked", "full")


@needs("pytest_rerunfailures")
def test_rerun_failures_keep_the_last_result(failing_project: GateProject) -> None:
    result = failing_project.run_apart("--dbops-env=staging", "-p", "rerunfailures", "--reruns", "2")
    assert result.ret == 1
    assert result.parseoutcomes()["rerun"] == 2
    assert failing_project.verdict() == ("blocked", "full")


@needs("pytest_html")
def test_an_html_report_beside_ours(failing_project: GateProject) -> None:
    result = failing_project.run_apart("--dbops-env=staging", *HTML, "--html=report.html", "--self-contained-html")
    assert result.ret == 1
    assert "five_rows" in (failing_project.path / "report.html").read_text(encoding="utf-8")


@needs("pytest_cov")
def test_under_coverage(gate_project: GateProject) -> None:
    result = gate_project.run_apart(
        "--dbops-env=staging", "-p", "pytest_cov", "--cov=checks", "--cov-report=", "-W", "ignore"
    )
    assert result.ret == 0


@needs("pytest_timeout")
def test_under_a_timeout(gate_project: GateProject) -> None:
    result = gate_project.run_apart("--dbops-env=staging", "-p", "timeout", "--timeout=60")
    assert result.ret == 0


def test_junit_of_the_user_keeps_working(failing_project: GateProject) -> None:
    result = failing_project.run("--dbops-env=staging", "--junit-xml=mine.xml")
    assert result.ret == 1
    assert 'name="five_rows"' in (failing_project.path / "mine.xml").read_text(encoding="utf-8")
    assert (failing_project.path / "dbops-reports" / "staging" / "junit-dbops-staging.xml").exists()


def test_the_plugin_can_be_switched_off(gate_project: GateProject) -> None:
    gate_project.write("test_ordinary.py", "def test_ordinary(): pass\n")
    result = gate_project.run("-p", "no:dbops")
    result.assert_outcomes(passed=1)


def test_every_option_has_help(gate_project: GateProject) -> None:
    result = gate_project.run("--help")
    result.stdout.fnmatch_lines(["database gate (pytest-dbops):", "  --dbops-env=NAME*"])


def test_help_and_version_work_with_a_broken_configuration(gate_project: GateProject) -> None:
    gate_project.write("dbops.toml", "this is [not TOML")
    assert gate_project.run("--help", "--dbops-env=staging").ret == 0
    assert gate_project.run("--version", "--dbops-env=staging").ret == 0
