"""The report as JSON: the one model every other view is made of, versioned and described by a JSON Schema.

`schema_version` rises when a key is taken away or changes its meaning; keys may be added within a version.
Every key is always present. The schema is `pytest_dbops/reports/schema/report-1.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from pytest_dbops.core.codec import Mismatch, from_json, to_json
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.finding import JsonValue
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import SCHEMA_VERSION, Report

Document = dict[str, JsonValue]


def render_json(report: Report, more: Mapping[str, JsonValue] = MappingProxyType({})) -> str:
    """Return the report as ASCII text, one line a result, ending with a line feed; more: keys of a command's own."""
    document = {**report_document(report), **more}
    lines = [f"  {json.dumps(key)}: {_rendered(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def report_document(report: Report) -> Document:
    """Return the report as the JSON object that `render_json` writes, with what can be derived from it.

    Derived: `counts`, `judgement.is_passed_gate`, and in each result `id` and the findings' `fingerprint`.
    """
    document = _object(to_json(report))
    judgement = _object(document["judgement"])
    judgement["is_passed_gate"] = report.judgement.is_passed_gate
    written = cast(list[JsonValue], document["results"])
    document["results"] = [_result(_object(one), result) for one, result in zip(written, report.results, strict=True)]
    counts: Document = {outcome.value: report.count(outcome) for outcome in Outcome}
    return {"schema_version": SCHEMA_VERSION, "counts": counts, **document}


def load_report(text: str) -> Report:
    """Return the report that `render_json` wrote; raises UsageError, in one line, for any other text."""
    try:
        document = json.loads(text)
    except ValueError as err:
        raise UsageError(f"the report is no JSON: {err}") from err
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version != SCHEMA_VERSION:
        raise UsageError(f"the report has schema_version {version!r}; this version reads {SCHEMA_VERSION}")
    try:
        return from_json(Report, document)
    except Mismatch as err:
        raise UsageError(f"the report is malformed at {err}") from err


def _result(written: Document, result: CheckResult) -> Document:
    findings = cast(list[JsonValue], written["findings"])
    for one, finding in zip(findings, result.findings, strict=True):
        _object(one)["fingerprint"] = finding.fingerprint
    for one, waived in zip(cast(list[JsonValue], written["waived"]), result.waived, strict=True):
        _object(_object(one)["finding"])["fingerprint"] = waived.finding.fingerprint
    return {"id": result.id, **written}


def _object(value: JsonValue) -> Document:
    return cast(Document, value)


def _rendered(value: JsonValue) -> str:
    """Write a list of objects one a line: readable, greppable, and as fast as the C encoder."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n    " + ",\n    ".join(json.dumps(one, allow_nan=False) for one in value) + "\n  ]"
    return json.dumps(value, allow_nan=False)
