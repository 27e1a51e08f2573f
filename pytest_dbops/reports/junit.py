"""The report as JUnit XML, for every service that reads JUnit.

The model is the package junit-xml (`TestSuite`, `TestCase`, `build_xml_doc`); what it lacks (properties of a
case, times of three decimals, control characters that stay visible) is added where its elements are written.
Two profiles: `rich` is valid against `schema/junit-rich.xsd`, `strict` against the junit-10.xsd of Jenkins'
xunit plugin.

One suite a category; what is wrong with the run itself are cases of a suite `gate`, so a verdict that is red
is red here too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element

from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.verdict import Problem, Scope, Verdict
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.findings import finding_lines, summary_of
from pytest_dbops.reports.junit_size import shorter_bodies
from pytest_dbops.reports.layout import counted
from pytest_dbops.reports.paint import no_paint
from pytest_dbops.reports.xml_text import attributes_text, element_text, escaped_value, tagged

if TYPE_CHECKING:
    from junit_xml import TestCase

MOST_BYTES = 25_000_000
_LONGEST_ATTRIBUTE = 400
_MOST_FINGERPRINTS = 100
_BODY_WIDTH = 120


class Profile(StrEnum):
    """Which schema the file keeps to: with properties, file and line of each case, or without."""

    RICH = "rich"
    STRICT = "strict"


class Mark(StrEnum):
    """The element that tells what became of a case."""

    NONE = ""
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


class Case(NamedTuple):
    """One testcase: its name, what the rich profile adds, and its one mark with message and body.

    properties: as they stand in the file. A body without a mark is the case's system-out.
    A tuple, because ten thousand of them are made for a file.
    """

    name: str
    duration_s: float = 0.0
    file: str = ""
    line: int = 1
    properties: str = ""
    mark: Mark = Mark.NONE
    kind: str = ""
    message: str = ""
    body: str = ""


Suites = dict[str, list[Case]]
"""The cases of each testsuite, by its name."""


def junit_name(environment: str) -> str:
    """Return the file name services find by their usual pattern: `junit-dbops-<env>.xml`."""
    return f"junit-dbops-{environment}.xml"


def render_junit(report: Report, profile: Profile = Profile.RICH, *, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the XML file, UTF-8, at most `most_bytes` long: bodies are cut evenly, with a note, to get there.

    A name, a message or a property is cut at 400 characters. Memory: a few times the size of the file.
    """
    suites = _suites(report)
    data = _written(suites, report, profile)
    if len(data) > most_bytes:
        suites = _with_shorter_bodies(suites, excess_bytes=len(data) - most_bytes)
        data = _written(suites, report, profile)
    return data


def _with_shorter_bodies(suites: Suites, *, excess_bytes: int) -> Suites:
    bodies = iter(shorter_bodies([case.body for cases in suites.values() for case in cases], excess_bytes=excess_bytes))
    return {name: [case._replace(body=next(bodies)) for case in cases] for name, cases in suites.items()}


# --- what the cases are ---------------------------------------------------------------------------------------


def _suites(report: Report) -> Suites:
    """Return what is wrong with the run, then the cases of each category, in the order of the gate."""
    is_passed = report.judgement.verdict in (Verdict.PASS, Verdict.PASS_WITH_WARNINGS)
    suites = {"gate": _gate_cases(report)}
    for result in report.results:
        suites.setdefault(_short(result.category), []).append(_case(result, is_tolerated=is_passed))
    return {name: cases for name, cases in suites.items() if cases}


def _case(result: CheckResult, *, is_tolerated: bool) -> Case:
    """Return the case of one result; in a gate that passed, an inconclusive check was allowed to be skipped."""
    name = f"{result.name}[{result.case}]" if result.case else result.name
    plain = Case(name, result.duration_s, result.file, result.line, _properties(result))
    if result.outcome is Outcome.PASSED and not (result.findings or result.waived):
        return plain
    mark, body = _MARKS[result.outcome], _body(result)
    if not mark:
        return plain._replace(body=body)
    kind, message = str(result.outcome), _message(result)
    if result.outcome is Outcome.INCONCLUSIVE and is_tolerated:
        mark, message = Mark.SKIPPED, f"inconclusive, which [gate] may_skip allows: {message}"
    if result.outcome is Outcome.FAILED:
        kind = _short(result.code) or kind
    return plain._replace(mark=mark, kind=kind, message=message, body=body)


_MARKS = {
    Outcome.PASSED: Mark.NONE,
    Outcome.WARNED: Mark.NONE,
    Outcome.FAILED: Mark.FAILURE,
    Outcome.WAIVED: Mark.SKIPPED,
    Outcome.SKIPPED: Mark.SKIPPED,
    Outcome.INCONCLUSIVE: Mark.ERROR,
}


def _message(result: CheckResult) -> str:
    if result.outcome is Outcome.WAIVED and result.waived:
        waiver = result.waived[0].waiver
        return f"waived until {waiver.expires.isoformat()} by {waiver.owner}: {waiver.reason}"
    return summary_of(result)


def _body(result: CheckResult) -> str:
    if not (result.findings or result.waived or result.outcome is Outcome.INCONCLUSIVE):
        return ""
    most = len(result.findings)
    lines = finding_lines(result, width=_BODY_WIDTH, paint=no_paint, most=most, longest=MOST_BYTES)
    return "\n".join(lines)


def _properties(result: CheckResult) -> str:
    properties = _common_properties(result.code, result.severity, result.category, result.outcome)
    if result.findings:
        shown = [finding.fingerprint for finding in result.findings[:_MOST_FINGERPRINTS]]
        more = [f"(and {len(result.findings) - len(shown)} more)"] if len(result.findings) > len(shown) else []
        properties += _property("fingerprints", " ".join([*shown, *more]))
    if result.waived:
        waivers = dict.fromkeys(waived.waiver for waived in result.waived)
        properties += _property("waiver", _short("; ".join(waiver.label for waiver in waivers)))
    return properties


def _common_properties(code: str, severity: Severity, category: str, outcome: Outcome) -> str:
    """Return those that every case has."""
    return (
        f'<property name="code" value="{_word(code)}" />'
        f'<property name="severity" value="{severity.label}" />'
        f'<property name="category" value="{_word(category)}" />'
        f'<property name="outcome" value="{outcome}" />'
    )


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    """Return a code or a category as it stands in an attribute; a run has few of them."""
    return escaped_value(_short(text))


def _property(name: str, value: str) -> str:
    return f'<property name="{name}" value="{escaped_value(value)}" />'


def _gate_cases(report: Report) -> list[Case]:
    """Return what is wrong with the run itself, and a case for a red verdict that nothing else explains."""
    cases = [_problem_case(problem) for problem in report.judgement.problems]
    if report.not_run or report.judgement.scope is Scope.PARTIAL:
        cases.append(_partial_case(report))
    marks = {case.mark for case in cases} | {_MARKS[result.outcome] for result in report.results}
    needed = _VERDICT_MARKS[report.judgement.verdict]
    if needed and needed not in marks and Mark.FAILURE not in marks:
        word = report.judgement.verdict.value
        cases.append(Case("verdict", mark=needed, kind=word, message=f"the verdict is {word}"))
    return cases


_VERDICT_MARKS = {
    Verdict.PASS: Mark.NONE,
    Verdict.PASS_WITH_WARNINGS: Mark.NONE,
    Verdict.INCONCLUSIVE: Mark.ERROR,
    Verdict.BLOCKED: Mark.FAILURE,
}


def _problem_case(problem: Problem) -> Case:
    name = problem.kind.value.replace(" ", "_")
    mark = _VERDICT_MARKS[problem.verdict]
    message = problem.message if mark else ""
    return Case(name, mark=mark, kind=problem.kind.value, message=message, body=problem.message)


def _partial_case(report: Report) -> Case:
    missing = max(report.expected - len(report.results), len(report.not_run))
    message = f"{counted(missing, 'check')} of {report.expected:,} did not run; a partial run is no passed gate"
    return Case("partial_run", mark=Mark.SKIPPED, kind="partial run", message=message, body="\n".join(report.not_run))


# --- how they become XML --------------------------------------------------------------------------------------


def _written(suites: Suites, report: Report, profile: Profile) -> bytes:
    """Escaping the finished text covers every value in one pass; nothing it replaces is XML markup."""
    inside = "".join(["\n", *(_suite_text(name, cases, report, profile) for name, cases in suites.items())])
    text = tagged("testsuites", _root_attributes(suites, report, profile).items(), inside)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{visible(text)}\n".encode()


def _root_attributes(suites: Suites, report: Report, profile: Profile) -> dict[str, str]:
    marks = Counter(case.mark for cases in suites.values() for case in cases)
    attributes = {
        "name": _short(f"dbops {report.target.environment}"),
        "tests": str(marks.total()),
        "failures": str(marks[Mark.FAILURE]),
        "errors": str(marks[Mark.ERROR]),
        "time": _time(report.duration_s),
    }
    if profile is Profile.RICH:
        attributes |= {"skipped": str(marks[Mark.SKIPPED]), "timestamp": _timestamp(report)}
    return attributes


def _suite_text(name: str, cases: Sequence[Case], report: Report, profile: Profile) -> str:
    # Importing junit-xml takes 20 ms; whoever writes no JUnit file does not pay for it.
    from junit_xml import TestCase, TestSuite

    class_name = _short(f"dbops.{report.target.environment}.{name}")
    names = _unique([_short(case.name) for case in cases])
    # junit-xml makes what tells of a case; one that tells nothing is a tag, and most of ten thousand are.
    told = [
        _told(TestCase(unique, class_name), case) for case, unique in zip(cases, names, strict=True) if _tells(case)
    ]
    suite = TestSuite(name, told, timestamp=_timestamp(report), properties=_suite_properties(report))
    element: Element = suite.build_xml_doc()
    del element.attrib["disabled"]
    element.set("tests", str(len(cases)))
    element.set("time", _time(sum(case.duration_s for case in cases)))
    properties, *testcases = element
    class_text, told_elements = attributes_text([("classname", class_name)]), iter(testcases)
    texts = [
        _case_text(next(told_elements) if _tells(case) else None, case, unique, class_text, profile)
        for case, unique in zip(cases, names, strict=True)
    ]
    return tagged("testsuite", element.items(), "".join([element_text(properties), "\n", *texts])) + "\n"


def _suite_properties(report: Report) -> dict[str, str]:
    target = report.target
    properties = {
        "environment": target.environment,
        "kind": target.kind,
        "database": target.display_url,
        "server": target.server,
        "verdict": report.judgement.verdict.value,
        "scope": report.judgement.scope.value,
        "dbops": report.tool_version,
    }
    return {name: _short(value) for name, value in properties.items() if value}


def _told(model: TestCase, case: Case) -> TestCase:
    """Return the model with the case's mark, or with its text where it has none."""
    if not case.mark:
        model.stdout = case.body
        return model
    message = _short(case.message) or case.kind
    if case.mark is Mark.FAILURE:
        model.add_failure_info(message, case.body, case.kind)
    elif case.mark is Mark.ERROR:
        model.add_error_info(message, case.body, case.kind)
    else:
        model.add_skipped_info(message, case.body)
    return model


def _tells(case: Case) -> bool:
    return bool(case.mark or case.body)


def _case_text(testcase: Element | None, case: Case, name: str, class_text: str, profile: Profile) -> str:
    """Write one testcase with what junit-xml has no place for; as text, since elements would cost twice the time.

    testcase: what junit-xml made of a case that tells something. class_text: the class's name as it stands in a tag;
    one for all cases of a suite.
    """
    inside = ""
    if testcase is not None:
        if case.mark is Mark.SKIPPED:
            testcase[0].set("type", case.kind)
        inside = "".join([element_text(child) for child in testcase])
    head = f'<testcase name="{escaped_value(name)}"{class_text} time="{_time(case.duration_s)}"'
    if profile is Profile.RICH:
        if case.file:
            head = f'{head} file="{escaped_value(_short(case.file))}" line="{max(case.line, 1)}"'
        if case.properties:
            inside = f"<properties>{case.properties}</properties>{inside}"
    return f"{head}>{inside}</testcase>\n" if inside else f"{head} />\n"


def _unique(names: Sequence[str]) -> list[str]:
    """Return the names, a number added where one occurs again: some services keep only the first of a name."""
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name} ({number})"
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _short(text: str) -> str:
    if len(text) <= _LONGEST_ATTRIBUTE and text.isprintable():
        return text
    text = visible(text)
    return text if len(text) <= _LONGEST_ATTRIBUTE else f"{text[: _LONGEST_ATTRIBUTE - 3]}..."


def _timestamp(report: Report) -> str:
    return report.started_at.astimezone(UTC).isoformat(timespec="seconds")


def _time(seconds: float) -> str:
    """Return seconds with three decimals, as junit-10.xsd wants; a clock that went back counts as none."""
    return f"{seconds:.3f}" if 0 < seconds < 1e9 else "0.000"
