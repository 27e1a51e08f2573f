"""What a person reads: the verdict first, then what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from pytest_dbops.core.finding import Code
from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.verdict import Judgement, Problem, ProblemKind, Scope, Verdict
from pytest_dbops.core.waiver import WaivedFinding
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.findings import render_findings
from pytest_dbops.reports.layout import display_width
from pytest_dbops.reports.paint import Style, ansi_paint
from pytest_dbops.reports.text import render_text
from tests.unit.reports.sample import EXPIRED, STARTED, TARGET, WAIVER, everything, failed, finding, report, result
from tests.unit.strategies import reports

BROKEN = Problem(ProblemKind.BROKEN_RUN, "worker gw1 was lost", Verdict.INCONCLUSIVE)
NOTHING = Problem(ProblemKind.NOTHING_JUDGED, "no check ran; nothing was judged", Verdict.INCONCLUSIVE)
UNUSED = Problem(ProblemKind.WAIVER_UNUSED, "waiver x excuses nothing", Verdict.PASS_WITH_WARNINGS)


def judgement(verdict: Verdict, *problems: Problem, scope: Scope = Scope.FULL) -> Judgement:
    """Return a judgement with these problems."""
    return Judgement(verdict, scope, problems)


@pytest.mark.parametrize(
    ("made", "headline"),
    [
        (report(result()), "PASS  staging: 1 check passed"),
        (report(result(), result()), "PASS  staging: 2 checks passed"),
        (
            report(result(Outcome.WARNED), verdict=Verdict.PASS_WITH_WARNINGS),
            "PASS WITH WARNINGS  staging: 1 check warned",
        ),
        (
            report(result(Outcome.FAILED), result(Outcome.FAILED), verdict=Verdict.BLOCKED),
            "BLOCKED  staging: 2 checks failed",
        ),
        (
            report(result(), judgement=judgement(Verdict.BLOCKED, EXPIRED, EXPIRED, UNUSED)),
            "BLOCKED  staging: 2 waivers expired, 1 waiver unused",
        ),
        (report(judgement=judgement(Verdict.INCONCLUSIVE, NOTHING)), "INCONCLUSIVE  staging: nothing was judged"),
        (
            report(result(), judgement=judgement(Verdict.INCONCLUSIVE, BROKEN)),
            "INCONCLUSIVE  staging: the run broke off",
        ),
        (
            report(result(), judgement=judgement(Verdict.PASS, scope=Scope.PARTIAL), expected=3),
            "PASS (partial run)  staging: 1 check passed",
        ),
    ],
)
def test_the_first_line_is_the_verdict_and_why(made: Report, headline: str) -> None:
    assert render_text(made).splitlines()[0] == headline


def test_a_calm_report_is_short() -> None:
    assert render_text(report(result(), result(case="b"), duration_s=0.25)) == (
        "PASS  staging: 2 checks passed\n"
        "\n"
        "  environment  staging\n"
        "  database     postgresql://gate_reader@db.example.com:5432/accounting\n"
        "  server       PostgreSQL 16.4, as gate_reader\n"
        "  scope        full gate, 2 checks, in 250 ms\n"
        "  checks       2 passed\n"
        "  run          2026-10-20 10:31:05+00:00 by pytest-dbops 0.1.0\n"
    )


def test_a_partial_run_says_what_it_left_out_and_that_it_does_not_count() -> None:
    text = render_text(
        report(
            result(),
            judgement=judgement(Verdict.PASS, scope=Scope.PARTIAL),
            expected=3,
            not_run=("schema::a", "schema::b[1]"),
        )
    )

    assert "partial run, 1 of 3 checks; it never counts as a passed gate" in text
    assert "Not run (2)\n  schema::a, schema::b[1]\n" in text


def test_a_database_that_was_not_opened_says_why() -> None:
    target = replace(TARGET, server="", role="", unopened="login refused")

    assert "server       login refused" in render_text(report(target=target))


def test_a_database_that_was_never_reached_says_so() -> None:
    target = replace(TARGET, server="", role="")

    assert "server       never reached" in render_text(report(target=target))


def test_a_sqlite_file_has_no_role() -> None:
    target = replace(TARGET, server="SQLite 3.45", role="", kind="development", environment="local")

    text = render_text(report(target=target))

    assert "  server       SQLite 3.45\n" in text
    assert "  environment  local (development)\n" in text


@pytest.mark.parametrize(("days", "when"), [(0, "today"), (1, "in 1 day"), (14, "in 14 days")])
def test_a_waiver_about_to_expire_is_named_with_its_owner(days: int, when: str) -> None:
    waiver = replace(WAIVER, expires=STARTED.date() + timedelta(days=days), reason="later")
    waived = result(Outcome.WAIVED, waived=(WaivedFinding(finding(), waiver),))

    text = render_text(report(waived))

    expected = f"  SCH007 public.legacy_*  {when} ({waiver.expires.isoformat()}), dba@example.com: later\n"
    assert "Waivers about to expire (1)\n" + expected in text


def test_a_waiver_with_time_left_is_not_mentioned() -> None:
    waiver = replace(WAIVER, expires=date(2026, 11, 4))

    text = render_text(report(result(Outcome.WAIVED, waived=(WaivedFinding(finding(), waiver),))))

    assert "expire" not in text


def test_skipped_checks_are_grouped_by_reason_most_first() -> None:
    skipped = [
        result(Outcome.SKIPPED, code=Code(f"SCH00{n}"), reason="asked of sqlite only" if n else "not asked for")
        for n in range(3)
    ]

    assert render_text(report(*skipped)).endswith(
        "Skipped, does not apply here (3)\n  asked of sqlite only\n    SCH001, SCH002\n  not asked for\n    SCH000\n"
    )


def test_reasons_that_are_read_elsewhere_are_counted_and_not_listed() -> None:
    skipped = report(result(Outcome.SKIPPED, reason="asked of sqlite only"))

    assert render_text(skipped, reasons_in="gate.txt, or pytest -v").endswith(
        "Skipped, does not apply here (1)\n  reasons: gate.txt, or pytest -v\n"
    )


def test_paths_of_reports_come_last() -> None:
    text = render_text(report(), paths=[Path("a/gate.json"), Path("a/gate.txt")])

    assert text.endswith("\nReports\n  a/gate.json\n  a/gate.txt\n")


def test_many_findings_are_bounded_and_counted() -> None:
    many = result(Outcome.FAILED, findings=tuple(finding(f"t{n}") for n in range(25)))

    text = render_text(report(many, verdict=Verdict.BLOCKED), most=20)

    assert "t19: has no primary key\n    ... and 5 more findings\n" in text
    assert "t20" not in text


def test_findings_of_the_baseline_are_counted_and_do_not_decide() -> None:
    old, new = finding("old"), finding("new")
    made = result(Outcome.FAILED, findings=(old, new), known=(old.fingerprint,))

    assert render_findings(made).splitlines() == [
        "SCH003 error: A table has no primary key",
        "new: has no primary key",
        "1 finding is known from the baseline and does not decide",
    ]


def test_a_finding_that_weighs_otherwise_than_its_check_says_so() -> None:
    made = result(Outcome.FAILED, findings=(finding("t", severity=Severity.CRITICAL),))

    assert render_findings(made).splitlines() == [
        "SCH003 critical: A table has no primary key",
        "t: has no primary key",
    ]


def test_findings_that_weigh_less_than_the_worst_say_so_first() -> None:
    lesser = finding("u", severity=Severity.WARNING)
    made = result(Outcome.FAILED, findings=(finding("t", severity=Severity.ERROR), lesser))

    assert render_findings(made).splitlines()[1:] == ["t: has no primary key", "warning: u: has no primary key"]


def test_check_whose_findings_all_weigh_less_is_told_by_their_weight() -> None:
    made = result(Outcome.WARNED, findings=(finding("t", severity=Severity.WARNING),))

    assert render_findings(made).splitlines() == ["SCH003 warning: A table has no primary key", "t: has no primary key"]


def test_findings_not_shown_and_those_summed_up_are_one_number() -> None:
    rows = tuple(finding(f"t{n}") for n in range(50))
    made = result(Outcome.FAILED, findings=(*rows, finding("all", "1,000 rows in all", stands_for=950)))

    lines = render_findings(made, most=20).splitlines()

    assert lines[-2:] == ["t19: has no primary key", "... and 980 more findings"]
    assert "1,000 rows" not in "\n".join(lines)


def test_title_is_not_told_again_and_the_check_is_named_where_no_hint_is() -> None:
    title = "A table has no primary key"
    made = result(
        Outcome.FAILED, file="checks/c01.sql", findings=(finding("c01[id=10]", title, evidence=({"id": 10},)),)
    )

    assert render_findings(made).splitlines() == [
        "SCH003 error: A table has no primary key",
        "c01[id=10]",
        "    id",
        "    10",
        "see checks/c01.sql:1",
    ]


def test_findings_of_a_baseline_are_named_with_its_file_also_when_all_passed() -> None:
    known = finding("rows", stands_for=3002)
    made = result(findings=(finding("a"), known), known=(finding("a").fingerprint, known.fingerprint))

    text = render_text(report(made, baseline="dbops-baseline.json"))

    assert "  baseline     3,003 findings known from dbops-baseline.json do not decide\n" in text


def test_waived_findings_are_listed_with_their_waiver() -> None:
    one = WaivedFinding(finding("public.rate"), replace(WAIVER, expires=date(2027, 3, 1)))
    many = tuple(WaivedFinding(finding(f"public.legacy_{n}"), WAIVER) for n in range(3))

    text = render_text(report(result(Outcome.WAIVED, waived=(one,)), result(Outcome.PASSED, waived=many)), width=160)

    assert (
        "Waived (4)\n"
        "  SCH007 public.rate  until 2027-03-01, dba@example.com: the old import goes away with release 12\n"
        "  SCH007 3 findings like public.legacy_*  until 2026-10-29, dba@example.com: the old import"
    ) in text


def test_many_waivers_are_bounded_and_counted() -> None:
    waived = tuple(WaivedFinding(finding(), replace(WAIVER, subject=f"t{n}")) for n in range(25))

    assert "  ... and 5 more waivers\n" in render_text(report(result(Outcome.WAIVED, waived=waived)))


def test_database_made_by_the_tool_is_told_as_what_it_is() -> None:
    target = replace(TARGET, place="scratch PostgreSQL 15.18 (system)")

    text = render_text(report(target=target))

    assert "  database     scratch PostgreSQL 15.18 (system)\n  server       PostgreSQL 16.4\n" in text
    assert TARGET.display_url not in text


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("has no primary key", "public.rate: has no primary key"),
        ("table 'public.rate' has no primary key", "table 'public.rate' has no primary key"),
        ("table 'public.rates' has no primary key", "public.rate: table 'public.rates' has no primary key"),
        ("", "public.rate"),
    ],
)
def test_a_subject_that_the_message_names_is_not_told_twice(message: str, line: str) -> None:
    made = result(Outcome.FAILED, findings=(finding("public.rate", message),))

    assert render_findings(made).splitlines()[1] == line


def test_the_subject_is_painted_where_it_stands() -> None:
    made = result(Outcome.FAILED, findings=(finding("rate", "table 'rate' has no primary key"),))

    painted = render_findings(made, paint=lambda text, style: f"<{text}>" if style is Style.BAD else text)

    assert painted.splitlines()[1] == "table '<rate>' has no primary key"


def test_an_inconclusive_check_shows_its_reason_and_what_it_found_before() -> None:
    made = result(Outcome.INCONCLUSIVE, reason="the statement timed out after 30 s", findings=(finding("t"),))

    assert render_findings(made).splitlines() == [
        "SCH003 inconclusive: A table has no primary key",
        "the statement timed out after 30 s",
        "t: has no primary key",
    ]


def test_several_findings_of_one_waiver_are_one_line() -> None:
    waived = tuple(WaivedFinding(finding(f"public.legacy_{n}"), WAIVER) for n in range(3))

    assert render_findings(result(Outcome.WAIVED, waived=waived)).splitlines()[1] == (
        "3 findings waived until 2026-10-29 by dba@example.com: the old import goes away with release 12"
    )


def test_a_megabyte_of_message_stays_readable() -> None:
    made = result(Outcome.FAILED, findings=(finding("t", "m" * 1_000_000),))

    assert len(render_text(report(made, verdict=Verdict.BLOCKED))) < 6_000


def test_paint_marks_meanings_and_changes_no_text() -> None:
    seen: set[Style] = set()

    def remember(text: str, style: Style) -> str:
        seen.add(style)
        return text

    assert render_text(everything(), paint=remember) == render_text(everything())
    assert seen >= {Style.BAD, Style.UNSURE, Style.WARNING, Style.HEADING, Style.MUTED}


def test_ansi_paint_puts_the_text_between_escape_sequences() -> None:
    assert ansi_paint("BLOCKED", Style.BAD) == "\x1b[1;31mBLOCKED\x1b[0m"
    assert ansi_paint("", Style.BAD) == ""


def test_our_own_words_are_plain_ascii() -> None:
    assert render_text(everything()).isascii()


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_lines_keep_to_the_width_unless_a_word_is_longer(width: int) -> None:
    lines = render_text(everything(), width=width).splitlines()[1:]

    too_wide = [line for line in lines if display_width(line) > width]
    assert [line for line in too_wide if len(line.split()) > 2] == []


@given(reports)
@settings(deadline=None)
def test_any_report_is_text_that_no_terminal_obeys(made: Report) -> None:
    text = "\n".join([render_text(made), *(render_findings(one) for one in made.results)])

    assert visible(text) == text
    assert text.encode("utf-8").decode("utf-8") == text


def test_failed_is_rendered_without_frames() -> None:
    text = render_findings(failed())

    assert text.startswith("SCH003 error: A table has no primary key\npublic.audit_log: has no primary key\n  fix: ")
    assert "Traceback" not in text


def test_checks_that_share_a_reason_are_listed_under_it_once() -> None:
    down = tuple(
        replace(result(), code=Code(f"SCH{n:03}"), name=f"n{n}", outcome=Outcome.INCONCLUSIVE, reason="server is down")
        for n in range(3)
    )
    text = render_text(report(*down, judgement=judgement(Verdict.INCONCLUSIVE)))
    assert "Inconclusive (3)\n  server is down\n    SCH000, SCH001, SCH002\n" in text
