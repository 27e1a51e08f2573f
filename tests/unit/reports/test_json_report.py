"""The JSON report fits its published schema and comes back as the report it was made of."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import pytest_dbops.reports
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.finding import JsonValue
from pytest_dbops.core.report import Report
from pytest_dbops.reports.json_report import load_report, render_json, report_document
from tests.unit.reports.sample import everything, report, result
from tests.unit.strategies import reports

# Where rfc3987-syntax is installed, jsonschema builds 38 grammars as it is imported, for formats that no report has:
# a third of the time of all unit tests.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None is how an import is refused
import jsonschema  # noqa: E402

SCHEMA_FILE = Path(pytest_dbops.reports.__file__).parent / "schema" / "report-1.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("made", [everything(), report(), report(result())], ids=["everything", "empty", "one"])
def test_a_report_fits_the_schema(made: Report) -> None:
    VALIDATOR.validate(json.loads(render_json(made)))


@given(reports)
@settings(deadline=None)
def test_any_report_fits_the_schema_and_comes_back_equal(made: Report) -> None:
    text = render_json(made)

    VALIDATOR.validate(json.loads(text))
    assert load_report(text) == made


def test_every_key_of_a_report_is_required_and_described() -> None:
    assert list(_undescribed(report_document(everything()), SCHEMA, "")) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("judgement", "verdict"), "fine"),
        (("results", 0, "severity"), "fatal"),
        (("results", 0, "line"), "12"),
        (("results", 0, "findings", 0, "evidence"), {}),
        (("schema_version",), 2),
        (("counts", "failed"), -1),
        (("started_at",), 5),
    ],
)
def test_the_schema_refuses_what_no_report_says(path: tuple[str | int, ...], value: JsonValue) -> None:
    document: Any = json.loads(render_json(everything()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert not VALIDATOR.is_valid(document)


def test_what_can_be_derived_is_written_for_readers_without_this_project() -> None:
    made = everything()

    document: Any = json.loads(render_json(made))

    assert document["counts"] == {
        "passed": 1, "warned": 1, "failed": 1, "waived": 1, "skipped": 4, "inconclusive": 1,
    }  # fmt: skip
    assert document["judgement"]["is_passed_gate"] is False
    assert [one["id"] for one in document["results"]] == [one.id for one in made.results]
    assert document["results"][0]["findings"][0]["fingerprint"] == made.results[0].findings[0].fingerprint
    assert document["results"][3]["waived"][0]["finding"]["fingerprint"] == (
        made.results[3].waived[0].finding.fingerprint
    )


def test_each_result_is_one_line() -> None:
    lines = render_json(everything()).splitlines()

    assert sum(line.startswith('    {"id": ') for line in lines) == len(everything().results)


def test_the_text_is_plain_ascii() -> None:
    assert render_json(report(result(reason="日本\ud800\x07"))).isascii()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the report is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "the report has schema_version None; this version reads 1"),
        ('{"schema_version": 7}', "the report has schema_version 7; this version reads 1"),
        ('{"schema_version": 1}', "the report is malformed at key 'tool_version' is missing (Report)"),
        (
            render_json(everything()).replace('"verdict": "blocked", "scope"', '"verdict": "bad", "scope"'),
            "the report is malformed at judgement.verdict: 'bad' is none of"
            " pass, pass with warnings, inconclusive, blocked",
        ),
    ],
    ids=["empty", "a list", "another version", "nothing else", "an unknown verdict"],
)
def test_a_text_that_is_no_report_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_report(text)

    assert str(raised.value) == message


def _undescribed(value: JsonValue, schema: dict[str, Any], place: str) -> list[str]:
    """List the keys of a document that its schema does not describe or does not require."""
    while "$ref" in schema:
        schema = {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], "description": schema.get("description", "")}
    if isinstance(value, list) and "items" in schema:
        return [found for one in value for found in _undescribed(one, schema["items"], f"{place}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    missing = [f"{place}.{key}" for key in value if key not in schema["required"] or key not in schema["properties"]]
    known = {key: schema["properties"][key] for key in value if key in schema["properties"]}
    bare = [f"{place}.{key}" for key, one in known.items() if not one.get("description")]
    inner = [found for key, one in known.items() for found in _undescribed(value[key], one, f"{place}.{key}")]
    return missing + bare + inner
