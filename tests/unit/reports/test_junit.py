"""The JUnit file: valid against its schemas, well formed whatever the text, and as red as the verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree

import pytest_dbops.reports
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.verdict import Judgement, Problem, ProblemKind, Scope, Verdict
from pytest_dbops.reports.junit import Profile, render_junit
from tests.unit.reports.sample import EXPIRED, everything, failed, finding, report, result
from tests.unit.strategies import reports

DATA = Path(__file__).parents[2] / "data"
SCHEMAS = {
    Profile.STRICT: etree.XMLSchema(file=str(DATA / "junit-10.xsd")),
    Profile.RICH: etree.XMLSchema(file=str(Path(pytest_dbops.reports.__file__).parent / "schema/junit-rich.xsd")),
}
PROFILES = list(Profile)


def parsed(data: bytes) -> Any:
    """Parse a file of any size with a parser that forgives nothing."""
    return etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False))


def rendered(*results: CheckResult, profile: Profile = Profile.RICH, **fields: Any) -> Any:
    """Render a report of these results and parse it."""
    return parsed(render_junit(report(*results, **fields), profile))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("made", [everything(), report(result()), report()], ids=["everything", "one", "none"])
def test_a_file_is_valid(made: Report, profile: Profile) -> None:
    SCHEMAS[profile].assertValid(parsed(render_junit(made, profile)))


def test_the_rich_file_is_not_a_strict_one() -> None:
    assert not SCHEMAS[Profile.STRICT].validate(parsed(render_junit(everything())))


@pytest.mark.parametrize("profile", PROFILES)
@given(made=reports)
@settings(deadline=None)
def test_any_report_makes_a_valid_file_as_red_as_its_verdict(profile: Profile, made: Report) -> None:
    root = parsed(render_junit(made, profile))

    SCHEMAS[profile].assertValid(root)
    failures, errors = len(root.findall(".//failure")), len(root.findall(".//error"))
    assert (root.get("failures"), root.get("errors")) == (str(failures), str(errors))
    assert failures or made.judgement.verdict is not Verdict.BLOCKED
    assert failures or errors or made.judgement.verdict is not Verdict.INCONCLUSIVE
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(names)) == len(names) >= len(made.results)


def test_there_is_one_suite_a_category_and_totals_add_up() -> None:
    root = parsed(render_junit(everything()))

    assert [suite.get("name") for suite in root] == ["gate", "schema", "connectivity", "integrity"]
    for total in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(total)) == sum(int(suite.get(total)) for suite in root)
    assert root.get("tests") == "10"


def test_the_order_of_suites_is_that_of_the_gate() -> None:
    root = rendered(result(category="storage"), result(category="schema"), result(category="storage", case="b"))

    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("storage", "2"), ("schema", "1")]


def test_a_failed_check_has_one_failure_with_a_short_message_and_the_whole_body() -> None:
    case = rendered(failed()).find(".//testcase")

    marks = [element.tag for element in case if element.tag != "properties"]
    assert marks == ["failure"]
    assert case.find("failure").get("message") == "public.audit_log: has no primary key (and 1 more)"
    assert case.find("failure").get("type") == "SCH003"
    assert "public.rate: has no primary key" in case.find("failure").text
    assert "fix: ALTER TABLE public.audit_log" in case.find("failure").text


def test_a_rich_case_has_file_line_and_properties() -> None:
    made = failed()
    case = rendered(made).find(".//testcase")

    assert dict(case.attrib) == {
        "name": "table_without_primary_key",
        "classname": "dbops.staging.schema",
        "time": "0.012",
        "file": "checks/keys.py",
        "line": "12",
    }
    assert {one.get("name"): one.get("value") for one in case.iterfind("properties/property")} == {
        "code": "SCH003",
        "severity": "error",
        "category": "schema",
        "outcome": "failed",
        "fingerprints": " ".join(one.fingerprint for one in made.findings),
    }


def test_a_suite_tells_which_database_was_judged_and_when() -> None:
    suite = rendered(failed(), verdict=Verdict.BLOCKED).find("testsuite")

    assert suite.get("timestamp") == "2026-10-20T10:31:05+00:00"
    assert {one.get("name"): one.get("value") for one in suite.iterfind("properties/property")} == {
        "environment": "staging",
        "kind": "staging",
        "database": "postgresql://gate_reader@db.example.com:5432/accounting",
        "server": "PostgreSQL 16.4",
        "verdict": "blocked",
        "scope": "full",
        "dbops": "0.1.0",
    }


def test_an_inconclusive_check_is_an_error() -> None:
    case = rendered(result(Outcome.INCONCLUSIVE, reason="timed out"), verdict=Verdict.INCONCLUSIVE).find(".//testcase")

    assert case.find("error").attrib == {"type": "inconclusive", "message": "timed out"}


def test_an_inconclusive_check_of_a_passed_gate_was_allowed_to_be() -> None:
    case = rendered(result(Outcome.INCONCLUSIVE, reason="timed out"), verdict=Verdict.PASS_WITH_WARNINGS).find(
        ".//testcase"
    )

    assert case.find("skipped").get("message") == "inconclusive, which [gate] may_skip allows: timed out"


def test_a_waived_check_is_skipped_with_owner_and_date() -> None:
    case = parsed(render_junit(everything())).find(".//testcase[@name='unused_table']")

    assert case.find("skipped").attrib == {
        "type": "waived",
        "message": "waived until 2026-10-29 by dba@example.com: the old import goes away with release 12",
    }
    assert case.find("properties/property[@name='waiver']").get("value") == (
        "SCH007 public.legacy_* (until 2026-10-29, dba@example.com)"
    )


def test_a_warned_check_passes_and_says_why() -> None:
    case = parsed(render_junit(everything())).find(".//testcase[@name='slow_round_trip']")

    assert [element.tag for element in case] == ["properties", "system-out"]
    assert case.find("system-out").text == "db.example.com: a round trip takes 84 ms; the limit is 50 ms"
    assert case.find("properties/property[@name='outcome']").get("value") == "warned"


def test_a_skipped_check_says_why() -> None:
    case = parsed(render_junit(everything())).find(".//testcase[@name='orphan_row']")

    assert case.find("skipped").get("message") == "reads all rows (ask for it with --dbops-cost=full)"


@pytest.mark.parametrize(
    ("kind", "verdict", "tag"),
    [
        (ProblemKind.WAIVER_EXPIRED, Verdict.BLOCKED, "failure"),
        (ProblemKind.BROKEN_RUN, Verdict.INCONCLUSIVE, "error"),
        (ProblemKind.NOTHING_JUDGED, Verdict.INCONCLUSIVE, "error"),
        (ProblemKind.NOT_RUN, Verdict.INCONCLUSIVE, "error"),
        (ProblemKind.WAIVER_UNUSED, Verdict.PASS_WITH_WARNINGS, "system-out"),
    ],
)
def test_a_problem_of_the_run_is_a_case_of_the_suite_gate(kind: ProblemKind, verdict: Verdict, tag: str) -> None:
    judgement = Judgement(verdict, Scope.FULL, (Problem(kind, "what is wrong", verdict),))

    suite = rendered(result(), judgement=judgement).find("testsuite[@name='gate']")

    assert [case.get("name") for case in suite.iterfind("testcase")] == [kind.value.replace(" ", "_")]
    assert suite.find(f"testcase/{tag}").text == "what is wrong"


def test_a_partial_run_is_told_with_what_did_not_run() -> None:
    judgement = Judgement(Verdict.PASS, Scope.PARTIAL, ())

    case = rendered(result(), judgement=judgement, expected=3, not_run=("a::b", "c::d")).find(
        "testsuite[@name='gate']/testcase"
    )

    assert case.find("skipped").get("message") == "2 checks of 3 did not run; a partial run is no passed gate"
    assert case.find("skipped").text == "a::b\nc::d"


@pytest.mark.parametrize(("verdict", "tag"), [(Verdict.BLOCKED, "failure"), (Verdict.INCONCLUSIVE, "error")])
def test_a_red_verdict_that_nothing_explains_is_red_here_too(verdict: Verdict, tag: str) -> None:
    root = rendered(result(), verdict=verdict)

    assert root.find(f"testsuite[@name='gate']/testcase/{tag}").get("message") == f"the verdict is {verdict.value}"


def test_a_red_verdict_is_not_told_twice() -> None:
    root = rendered(failed(), judgement=Judgement(Verdict.BLOCKED, Scope.FULL, (EXPIRED,)))

    assert root.get("failures") == "2"


def test_names_are_unique_though_checks_share_them() -> None:
    root = rendered(result(), result(), result(name="table_without_primary_key (2)"))

    assert [case.get("name") for case in root.iter("testcase")] == [
        "table_without_primary_key",
        "table_without_primary_key (2)",
        "table_without_primary_key (2) (2)",
    ]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0.000"),
        (0.0004, "0.000"),
        (1.23456, "1.235"),
        (1e6, "1000000.000"),
        (-1.0, "0.000"),
        (float("inf"), "0.000"),
    ],
)
def test_times_have_three_decimals(seconds: float, written: str) -> None:
    assert rendered(result(duration_s=seconds)).find(".//testcase").get("time") == written


def test_a_line_is_counted_from_one() -> None:
    assert rendered(result(file="a.py", line=0)).find(".//testcase").get("line") == "1"


@pytest.mark.parametrize("profile", PROFILES)
def test_hostile_text_is_shown_and_never_breaks_the_file(profile: Profile) -> None:
    message = 'bell \x07, end ]]>, <tag> & "quote", half \ud800, \x1b[31m, \ufffe, nul \x00'
    made = result(Outcome.FAILED, findings=(finding("s", message),))

    failure = rendered(made, profile=profile).find(".//failure")

    assert failure.get("message") == (
        's: bell \\x07, end ]]>, <tag> & "quote", half \\ud800, \\x1b[31m, \\ufffe, nul \\x00'
    )
    assert failure.text == failure.get("message")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_message_of_a_megabyte_is_whole_in_the_body_and_short_in_the_attribute(profile: Profile) -> None:
    made = result(Outcome.FAILED, name="n" * 1_000_000, findings=(finding("s", "m" * 1_000_000),))

    root = rendered(made, profile=profile)

    SCHEMAS[profile].assertValid(root)
    assert "m" * 1_000_000 in root.find(".//failure").text
    assert len(root.find(".//failure").get("message")) == 400
    assert len(root.find(".//testcase").get("name")) == 400


@pytest.mark.parametrize("filler", ["m", "&", "\x07", "日", "\ud800"], ids=["m", "amp", "bell", "wide", "half"])
def test_a_file_never_grows_beyond_its_limit_and_bodies_are_cut_evenly(filler: str) -> None:
    small = result(Outcome.FAILED, case="small", findings=(finding("s", "short"),))
    large = [result(Outcome.FAILED, case=str(n), findings=(finding("s", filler * (40_000 * n)),)) for n in range(1, 4)]

    data = render_junit(report(small, *large, verdict=Verdict.BLOCKED), most_bytes=60_000)

    texts = [failure.text for failure in parsed(data).iter("failure")]
    assert len(data) <= 60_000
    assert len(data) > 50_000
    assert texts[0] == "s: short"
    assert all("[cut here: " in text and text.endswith("gate.json has the whole text]") for text in texts[1:])
    lengths = [len(text.partition("\n[cut here")[0]) for text in texts[1:]]
    assert max(lengths) - min(lengths) <= 1


def test_a_limit_no_cut_can_reach_still_leaves_every_case() -> None:
    made = everything()

    data = render_junit(made, most_bytes=100)

    assert len(parsed(data).findall(".//testcase")) == len(made.results) + 1


def test_a_failed_check_without_findings_still_fails() -> None:
    failure = rendered(replace(result(Outcome.FAILED), title="")).find(".//failure")

    assert failure.get("message") == "table without primary key"
