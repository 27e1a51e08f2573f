"""Writing the JUnit file of 10 000 checks, against ElementTree and against junit-xml's own writer.

All three begin with the same results in memory and end with a file, and all render the findings of a failed
check with the same function. `ours` then does what a report needs: unique and bounded names, visible control
characters, a limit on the size. `elementtree` is what one would write by hand for these results: it makes the
very same bytes, and none of that. `junit_xml` fills that package's model and calls its `to_xml_report_file` as
it is by default; the package has no place for properties of a case, so its file lacks them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from benchmarks.measure import interleaved_calls, print_timings, ratio
from pytest_dbops.core.finding import Code, Finding, Row
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report, Target
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.verdict import Judgement, Scope, Verdict
from pytest_dbops.reports.findings import finding_lines
from pytest_dbops.reports.junit import render_junit
from pytest_dbops.reports.paint import no_paint

NAME = "junit"
CLAIMS = {
    "vs_elementtree": "our rich JUnit file of 10 000 checks / ElementTree writing the same bytes by hand",
    "vs_junit_xml": "our rich JUnit file of 10 000 checks / junit-xml's own writer, which leaves the properties out",
}
CASES = 10_000
CATEGORIES = ("connectivity", "schema", "migrations", "integrity", "privacy", "performance", "storage", "backup")


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared; raises AssertionError when ElementTree's bytes are others."""
    rounds = 7 if quick else 21
    report = _report(CASES)
    with tempfile.TemporaryDirectory() as folder:
        ours, plain, package = (Path(folder) / name for name in ("ours.xml", "elementtree.xml", "junit_xml.xml"))
        timings = interleaved_calls(
            {
                "ours": lambda: ours.write_bytes(render_junit(report)),
                "elementtree": lambda: _write_elementtree(report, plain),
                "junit_xml": lambda: _write_junit_xml(report, package),
            },
            rounds=rounds,
        )
        assert ours.read_bytes() == plain.read_bytes()
        sizes = {path.stem: path.stat().st_size for path in (ours, plain, package)}
    print_timings(timings)
    cpu = {name: timing.cpu_s() for name, timing in timings.items()}
    measures = {
        "vs_elementtree": round(ratio(cpu["ours"], cpu["elementtree"]), 3),
        "vs_junit_xml": round(ratio(cpu["ours"], cpu["junit_xml"]), 3),
    }
    return {"measures": measures, "params": {"cases": CASES, "rounds": rounds, "bytes": sizes}}


# --- the results ----------------------------------------------------------------------------------------------


def _report(cases: int) -> Report:
    """Return a run in which every tenth check fails with about 2 kB to say: ten findings, half with rows."""
    return Report(
        tool_version="0",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=60.0,
        target=Target("staging", "staging", "postgresql", "postgresql://db.example.com/app", server="PostgreSQL 16"),
        judgement=Judgement(Verdict.BLOCKED, Scope.FULL, ()),
        results=tuple(_result(number, cases) for number in range(cases)),
        expected=cases,
    )


def _result(number: int, cases: int) -> CheckResult:
    has_failed = number % 10 == 0
    return CheckResult(
        code=Code(f"SCH{number % 1000:03}"),
        name="column_differs",
        category=CATEGORIES[number * len(CATEGORIES) // cases],
        severity=Severity.ERROR,
        outcome=Outcome.FAILED if has_failed else Outcome.PASSED,
        title="A column differs between models and database",
        case=f"{number:08x}",
        findings=tuple(_finding(number, part) for part in range(10)) if has_failed else (),
        duration_s=number / 7000,
        file=f"migrations/versions/{number:08x}_change.py",
        line=number % 90 + 1,
    )


def _finding(number: int, part: int) -> Finding:
    table = f"public.table_{number}"
    rows: tuple[Row, ...] = (
        {"id": part, "due_on": "2026-01-01", "total": 1250.5},
        {"id": part + 1, "due_on": None, "total": 0.0},
    )
    return Finding(
        subject=f"{table}.column_{part}",
        message="is 'numeric(10,2)' in the database & 'numeric(12,2)' in the models",
        hint=f"ALTER TABLE {table} ALTER COLUMN column_{part} TYPE numeric(12,2)",
        evidence=rows if part % 2 else (),
        code=Code("SCH010"),
    )


# --- what the other writers share -----------------------------------------------------------------------------


def _suites(report: Report) -> Iterator[tuple[str, list[CheckResult]]]:
    for category, results in groupby(report.results, key=lambda result: result.category):
        yield category, list(results)


def _message(result: CheckResult) -> str:
    worst = result.findings[0]
    return f"{worst.subject}: {worst.message} (and {len(result.findings) - 1} more)"


def _body(result: CheckResult) -> str:
    return "\n".join(finding_lines(result, width=120, paint=no_paint))


def _about(report: Report) -> dict[str, str]:
    return {
        "environment": report.target.environment,
        "kind": report.target.kind,
        "database": report.target.display_url,
        "server": report.target.server,
        "verdict": report.judgement.verdict.value,
        "scope": report.judgement.scope.value,
        "dbops": report.tool_version,
    }


# --- by ElementTree -------------------------------------------------------------------------------------------


def _write_elementtree(report: Report, path: Path) -> None:
    failures = report.count(Outcome.FAILED)
    root = Element("testsuites", name="dbops staging", tests=str(len(report.results)), failures=str(failures))
    root.attrib |= {"errors": "0", "time": f"{report.duration_s:.3f}", "skipped": "0"}
    root.set("timestamp", report.started_at.isoformat())
    root.text = "\n"
    for category, results in _suites(report):
        _add_suite(root, category, results, report)
    text = ElementTree.tostring(root, encoding="unicode")
    path.write_bytes(f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode())


def _add_suite(root: Element, category: str, results: list[CheckResult], report: Report) -> None:
    failures = sum(result.outcome is Outcome.FAILED for result in results)
    suite = SubElement(root, "testsuite", errors="0", failures=str(failures), name=category, skipped="0")
    suite.set("tests", str(len(results)))
    suite.set("time", f"{sum(result.duration_s for result in results):.3f}")
    suite.set("timestamp", report.started_at.isoformat())
    suite.tail = "\n"
    properties = SubElement(suite, "properties")
    properties.tail = "\n"
    for name, value in _about(report).items():
        SubElement(properties, "property", name=name, value=value)
    for result in results:
        _add_case(suite, result)


def _add_case(suite: Element, result: CheckResult) -> None:
    case = SubElement(suite, "testcase", name=f"{result.name}[{result.case}]")
    case.set("classname", f"dbops.staging.{result.category}")
    case.set("time", f"{result.duration_s:.3f}")
    case.set("file", result.file)
    case.set("line", str(result.line))
    case.tail = "\n"
    properties = SubElement(case, "properties")
    SubElement(properties, "property", name="code", value=result.code)
    SubElement(properties, "property", name="severity", value=result.severity.label)
    SubElement(properties, "property", name="category", value=result.category)
    SubElement(properties, "property", name="outcome", value=result.outcome.value)
    if result.findings:
        fingerprints = " ".join(finding.fingerprint for finding in result.findings)
        SubElement(properties, "property", name="fingerprints", value=fingerprints)
        failure = SubElement(case, "failure", type=result.code, message=_message(result))
        failure.text = _body(result)


# --- by junit-xml ---------------------------------------------------------------------------------------------


def _write_junit_xml(report: Report, path: Path) -> None:
    from junit_xml import TestSuite, to_xml_report_file

    timestamp = report.started_at.isoformat()
    suites = [
        TestSuite(category, [_model(result) for result in results], timestamp=timestamp, properties=_about(report))
        for category, results in _suites(report)
    ]
    with path.open("w", encoding="utf-8") as file:
        to_xml_report_file(file, suites)


def _model(result: CheckResult) -> Any:
    from junit_xml import TestCase

    name, class_name = f"{result.name}[{result.case}]", f"dbops.staging.{result.category}"
    case = TestCase(name, class_name, result.duration_s, file=result.file, line=str(result.line))
    if result.findings:
        case.add_failure_info(_message(result), _body(result), result.code)
    return case
