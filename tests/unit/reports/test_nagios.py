"""The monitoring output keeps to the plugin guidelines, whatever the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.verdict import Judgement, Scope, Verdict
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.nagios import Measure, Status, nagios_status, render_nagios
from tests.unit.reports.sample import everything, finding, report, result
from tests.unit.strategies import reports

PERFDATA = re.compile(r"(?:'(?:[^'=]|'')*'=(?:U|-?[0-9.e+-]+(?:s|%|B|c)?)(?:;[^; ]*){4}(?: |\Z))+")


@pytest.mark.parametrize(
    ("verdict", "scope", "status"),
    [
        (Verdict.PASS, Scope.FULL, Status.OK),
        (Verdict.PASS_WITH_WARNINGS, Scope.FULL, Status.WARNING),
        (Verdict.BLOCKED, Scope.FULL, Status.CRITICAL),
        (Verdict.INCONCLUSIVE, Scope.FULL, Status.UNKNOWN),
        (Verdict.PASS, Scope.PARTIAL, Status.UNKNOWN),
        (Verdict.PASS_WITH_WARNINGS, Scope.PARTIAL, Status.UNKNOWN),
        (Verdict.BLOCKED, Scope.PARTIAL, Status.CRITICAL),
    ],
)
def test_the_verdict_gives_the_exit_code(verdict: Verdict, scope: Scope, status: Status) -> None:
    made = report(result(), judgement=Judgement(verdict, scope, ()))

    assert nagios_status(made) is status
    assert render_nagios(made).startswith(f"DBOPS {status.name} - staging: ")


def test_a_part_that_was_asked_for_may_pass_and_says_that_it_is_one() -> None:
    made = report(result(), judgement=Judgement(Verdict.PASS, Scope.PARTIAL, ()), expected=47)

    assert nagios_status(made, asked=Scope.PARTIAL) is Status.OK
    assert render_nagios(made, asked=Scope.PARTIAL).startswith(
        "DBOPS OK - staging: 1 check passed (asked 1 of 47 checks) | "
    )


def test_the_status_line_ends_with_performance_data() -> None:
    first = render_nagios(everything()).splitlines()[0]

    assert first.partition(" | ")[2] == (
        "'failed'=1;;0;0;9 'inconclusive'=1;0;;0;9 'warned'=1;0;;0;9 'waived'=1;;;0;9 'passed'=1;;;0;9"
        " 'duration'=12.4s;;;0;"
    )


def test_a_measure_of_ones_own_is_added() -> None:
    measure = Measure("round trip's time=a", 1.25, "s", warn="0.05", crit="0.5", minimum=0)

    assert measure.text == "'round trip''s time-a'=1.25s;0.05;0.5;0;"
    assert render_nagios(report(result()), [measure]).endswith(
        f"{measure.text}\nPASS on postgresql://gate_reader@db.example.com:5432/accounting (PostgreSQL 16.4)\n"
    )


def test_a_number_that_could_not_be_determined_is_told_as_the_guidelines_say() -> None:
    assert Measure("age", float("inf"), "s").text == "'age'=U;;;;"


def test_details_follow_one_a_line() -> None:
    assert render_nagios(everything()).splitlines()[3:] == [
        "failed SCH003 public.audit_log: has no primary key (and 1 more)",
        "inconclusive SCH011 the role gate_reader may not read pg_authid (run: dbops env grant staging)",
        "warned CON004 db.example.com: a round trip takes 84 ms; the limit is 50 ms",
    ]


def test_one_reason_of_many_checks_is_one_line() -> None:
    down = [result(Outcome.INCONCLUSIVE, name=f"check_{n}", reason="nothing listens on that port") for n in range(40)]

    lines = render_nagios(report(*down, verdict=Verdict.INCONCLUSIVE)).splitlines()

    assert lines[2:] == ["inconclusive SCH003 and 39 more: nothing listens on that port"]


def test_long_output_is_bounded_and_counted() -> None:
    many = [result(Outcome.FAILED, findings=(finding("t" * 150),)) for _ in range(100)]

    text = render_nagios(report(*many, verdict=Verdict.BLOCKED))

    assert len(text.encode()) <= 4096
    assert re.fullmatch(r"\.\.\. and [0-9]+ more", text.splitlines()[-1])


@given(reports)
@settings(deadline=None)
def test_any_report_keeps_to_the_format(made: Report) -> None:
    text = render_nagios(made)

    first, *more = text.split("\n")
    assert first.count("|") == 1
    assert PERFDATA.fullmatch(first.partition(" | ")[2])
    assert "|" not in "".join(more)
    assert visible(text) == text


def test_a_parser_of_others_reads_what_was_meant() -> None:
    parser = pytest.importorskip("pynag.Utils")
    measure = Measure("round_trip", 1.25, "s", warn="0.05", crit="0.5", minimum=0)

    text = render_nagios(everything(), [measure])

    data = parser.PerfData(text.splitlines()[0].partition(" | ")[2])
    assert data.is_valid()
    assert [(m.label, m.value, m.uom, m.warn, m.crit, m.min, m.max, m.get_status()) for m in data.metrics] == [
        ("failed", "1", "", "", "0", "0", "9", 2), ("inconclusive", "1", "", "0", "", "0", "9", 1),
        ("warned", "1", "", "0", "", "0", "9", 1), ("waived", "1", "", "", "", "0", "9", 0),
        ("passed", "1", "", "", "", "0", "9", 0), ("duration", "12.4", "s", "", "", "0", "", 0),
        ("round_trip", "1.25", "s", "0.05", "0.5", "0", "", 2),
    ]  # fmt: skip
    assert parser.PluginOutput(text).summary.rstrip() == text.partition(" | ")[0]
