"""What is said to be left out of the catalogue of health is left out, and nothing else is."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.server_versions import POSTGRESQL
from tests.cases import test_health_cases, test_schema_cases
from tests.checks import conftest as checks_conftest
from tests.checks.connectivity import conftest as connectivity_conftest

ROOT = Path(__file__).parents[2]
CATALOGUE = tomllib.loads((ROOT / "docs/health_catalogue.toml").read_text(encoding="utf-8"))
CODES = {str(check.code) for check in builtin_checks()}
QUESTIONS = {f"{letters}{n:03}" for letters, many in CATALOGUE["questions"].items() for n in range(1, many + 1)}
ELSEWHERE = {each["slot"] for each in CATALOGUE["elsewhere"]}
LEFT_OUT = {each["slot"] for each in CATALOGUE["left_out"]}
SOURCES = [
    file.read_text(encoding="utf-8").lower()
    for part in ("checks", "backends", "core")
    for file in (ROOT / "pytest_dbops" / part).rglob("*.py")
]


def test_every_question_is_asked_or_said_to_be_left_out() -> None:
    assert len(QUESTIONS) == 116
    assert QUESTIONS - CODES == ELSEWHERE | LEFT_OUT
    assert not ELSEWHERE & LEFT_OUT


def test_checks_that_are_said_to_ask_exist() -> None:
    named = {code for each in CATALOGUE["elsewhere"] for code in each["codes"]}
    assert named <= CODES


@pytest.mark.parametrize("part", CATALOGUE["part"], ids=lambda part: part["codes"][0])
def test_part_that_is_said_to_be_left_out_is_of_a_question_and_not_in_the_code(part: dict[str, object]) -> None:
    codes, word = part["codes"], str(part.get("absent", ""))
    assert isinstance(codes, list)
    assert set(codes) <= CODES | QUESTIONS
    assert not word or not [text for text in SOURCES if word in text]


def test_words_of_parts_would_be_found() -> None:
    assert [text for text in SOURCES if "pg_stat_slru" in text]


@pytest.mark.parametrize("module", [checks_conftest, connectivity_conftest, test_health_cases, test_schema_cases])
def test_versions_that_are_said_to_be_proved_are_those_of_the_tests(module: object) -> None:
    versions = CATALOGUE["versions"]
    assert tuple(versions["proved"]) == module.MAJORS  # type: ignore[attr-defined]  # each has it
    assert sorted(POSTGRESQL) == [*versions["proved"], *versions["unproved"]]


def test_page_on_health_names_all_checks_that_ask_a_catalogue_of_backups() -> None:
    text = (ROOT / "docs/how-to/health.md").read_text(encoding="utf-8")
    asked = sorted(str(check.code) for check in builtin_checks() if "backups" in check.inputs)
    assert f"may_skip = {json.dumps(asked)}" in text
