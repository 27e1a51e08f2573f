"""The report as JUnit XML, for every service that reads JUnit.

The model is the package junit-xml (`TestSuite`, `TestCase`, `build_xml_doc`); what it lacks (properties of a
case, times of three decimals, control characters that stay visible) is put on its elements here, and
ElementTree writes them. Two profiles: `rich` is valid against `schema/junit-rich.xsd`, `strict` against the
junit-10.xsd of Jenkins' xunit plugin.

One suite a category; what is wrong with the run itself are cases of a suite `gate`, so a verdict that is red
is red here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.verdict import Problem, Scope, Verdict
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.findings import finding_lines, summary_of
from pytest_dbops.reports.junit_size import fit_bodies
from pytest_dbops.reports.layout import counted
from pytest_dbops.reports.paint import no_paint

if TYPE_CHECKING:
    from junit_xml import TestCase  # type: ignore[import-untyped] # the package ships no types

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


@dataclass(frozen=True, slots=True)
class Case:
    """One testcase: its name, its one mark with message and body, and what the rich profile adds.

    A body without a mark is the case's system-out.
    """

    name: str
    mark: Mark = Mark.NONE
    kind: str = ""
    message: str = ""
    body: str = ""
    duration_s: float = 0.0
    file: str = ""
    line: int = 1
    properties: Mapping[str, str] = field(default_factory=dict)


def junit_name(environment: str) -> str:
    """Return the file name services find by their usual pattern: `junit-dbops-<env>.xml`."""
    return f"junit-dbops-{environment}.xml"


def render_junit(report: Report, profile: Profile = Profile.RICH, *, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the XML file, UTF-8, at most `most_bytes` long: bodies are cut evenly, with a note, to get there.

    A name, a message or a property is cut at 400 characters. Memory: a few times the size of the file.
    """
    root = _root(report, profile)
    data = _serialised(root)
    if len(data) > most_bytes:
        fit_bodies(root, excess_bytes=len(data) - most_bytes)
        data = _serialised(root)
    return data


def _serialised(root: ElementTree.Element) -> bytes:
    """Escaping the finished text covers every value in one pass; nothing it replaces is XML markup."""
    text = visible(ElementTree.tostring(root, encoding="unicode"))
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def _root(report: Report, profile: Profile) -> ElementTree.Element:
    suites = {"gate": _gate_cases(report), **_check_cases(report)}
    root = ElementTree.Element("testsuites", {"name": _short(f"dbops {report.target.environment}")})
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for name, cases in suites.items():
        if cases:
            suite = _suite(name, cases, report, profile)
            root.append(suite)
            for total in totals:
                totals[total] += int(suite.attrib[total])
    for total, number in totals.items():
        root.set(total, str(number))
    root.set("time", _time(report.duration_s))
    if profile is Profile.STRICT:
        del root.attrib["skipped"]
    else:
        root.set("timestamp", report.started_at.isoformat())
    root.text = "\n"
    return root


# --- what the cases are ---------------------------------------------------------------------------------------


def _check_cases(report: Report) -> dict[str, list[Case]]:
    """Return the cases of each category, in the order of the gate."""
    is_passed = report.judgement.verdict in (Verdict.PASS, Verdict.PASS_WITH_WARNINGS)
    suites: dict[str, list[Case]] = {}
    for result in report.results:
        suites.setdefault(result.category, []).append(_case(result, is_tolerated=is_passed))
    return suites


def _case(result: CheckResult, *, is_tolerated: bool) -> Case:
    """Return the case of one result; in a gate that passed, an inconclusive check was allowed to be skipped."""
    mark = _MARKS[result.outcome]
    message, kind = _message(result), result.outcome.value
    if result.outcome is Outcome.INCONCLUSIVE and is_tolerated:
        mark, message = Mark.SKIPPED, f"inconclusive, which [gate] may_skip allows: {message}"
    if result.outcome is Outcome.FAILED:
        kind = _short(result.code)
    return Case(
        name=f"{result.name}[{result.case}]" if result.case else result.name,
        mark=mark,
        kind=kind,
        message=message if mark else "",
        body=_body(result),
        duration_s=result.duration_s,
        file=result.file,
        line=result.line,
        properties=_properties(result),
    )


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


def _properties(result: CheckResult) -> dict[str, str]:
    properties = {
        "code": _short(result.code),
        "severity": result.severity.label,
        "category": _short(result.category),
        "outcome": result.outcome.value,
    }
    if result.findings:
        shown = [finding.fingerprint for finding in result.findings[:_MOST_FINGERPRINTS]]
        more = [f"(and {len(result.findings) - len(shown)} more)"] if len(result.findings) > len(shown) else []
        properties["fingerprints"] = " ".join([*shown, *more])
    if result.waived:
        waivers = dict.fromkeys(waived.waiver for waived in result.waived)
        properties["waiver"] = _short("; ".join(waiver.label for waiver in waivers))
    return properties


def _gate_cases(report: Report) -> list[Case]:
    """Return what is wrong with the run itself, and a case for a red verdict that nothing else explains."""
    cases = [_problem_case(problem) for problem in report.judgement.problems]
    if report.not_run or report.judgement.scope is Scope.PARTIAL:
        cases.append(_partial_case(report))
    marks = {case.mark for case in cases} | {_MARKS[result.outcome] for result in report.results}
    needed = _VERDICT_MARKS[report.judgement.verdict]
    if needed and needed not in marks and Mark.FAILURE not in marks:
        word = report.judgement.verdict.value
        cases.append(Case("verdict", needed, kind=word, message=f"the verdict is {word}"))
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
    return Case(name, mark, kind=problem.kind.value, message=problem.message if mark else "", body=problem.message)


def _partial_case(report: Report) -> Case:
    missing = max(report.expected - len(report.results), len(report.not_run))
    message = f"{counted(missing, 'check')} of {report.expected:,} did not run; a partial run is no passed gate"
    return Case("partial_run", Mark.SKIPPED, kind="partial run", message=message, body="\n".join(report.not_run))


# --- how they become elements ---------------------------------------------------------------------------------


def _suite(name: str, cases: Sequence[Case], report: Report, profile: Profile) -> ElementTree.Element:
    # Importing junit-xml takes 20 ms; whoever writes no JUnit file does not pay for it.
    from junit_xml import TestSuite

    class_name = _short(f"dbops.{report.target.environment}.{name}")
    names = _unique([_short(case.name) for case in cases])
    models = [_model(case, unique, class_name) for case, unique in zip(cases, names, strict=True)]
    suite: ElementTree.Element = TestSuite(
        _short(name), models, timestamp=report.started_at.isoformat(), properties=_suite_properties(report)
    ).build_xml_doc()
    del suite.attrib["disabled"]
    suite.set("time", _time(sum(case.duration_s for case in cases)))
    for element, case in zip(suite.iterfind("testcase"), cases, strict=True):
        _decorate(element, case, profile)
    suite.tail = "\n"
    return suite


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


def _model(case: Case, name: str, class_name: str) -> TestCase:
    from junit_xml import TestCase

    model = TestCase(name, class_name, stdout=None if case.mark else case.body)
    message = _short(case.message)
    if case.mark is Mark.FAILURE:
        model.add_failure_info(message or case.kind, case.body, case.kind)
    elif case.mark is Mark.ERROR:
        model.add_error_info(message or case.kind, case.body, case.kind)
    elif case.mark is Mark.SKIPPED:
        model.add_skipped_info(message or case.kind, case.body)
    return model


def _decorate(element: ElementTree.Element, case: Case, profile: Profile) -> None:
    """Put on one testcase what junit-xml has no place for."""
    element.tail = "\n"
    element.set("time", _time(case.duration_s))
    if case.mark is Mark.SKIPPED:
        element[0].set("type", case.kind)
    if profile is Profile.STRICT:
        return
    if case.file:
        element.set("file", _short(case.file))
        element.set("line", str(max(case.line, 1)))
    if case.properties:
        properties = ElementTree.Element("properties")
        for name, value in case.properties.items():
            ElementTree.SubElement(properties, "property", {"name": name, "value": value})
        element.insert(0, properties)


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
    text = visible(text)
    return text if len(text) <= _LONGEST_ATTRIBUTE else f"{text[: _LONGEST_ATTRIBUTE - 3]}..."


def _time(seconds: float) -> str:
    """Return seconds with three decimals, as junit-10.xsd wants; a clock that went back counts as none."""
    return f"{seconds:.3f}" if 0 < seconds < 1e9 else "0.000"
