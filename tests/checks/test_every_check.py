"""What holds for every shipped check, so that a new one cannot forget it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_dbops.backends import BACKENDS
from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.environment import Kind

PREFIXES = {
    "connectivity": {"CON"},
    "schema": {"SCH"},
    "migrations": {"MIG", "SCH"},
    "integrity": {"INT", "SED"},
    "encryption": {"ENC", "INT"},
    "privacy": {"PRV", "TEN", "ACC", "AUD"},
    "performance": {"PRF"},
    "storage": {"STO"},
    "backup": {"BAK"},
}
TESTS = Path(__file__).parents[1]
LONGEST_TITLE = 120
SWITCH = "enabled"

every_check = pytest.mark.parametrize("check", builtin_checks(), ids=lambda check: check.code)


def test_there_are_checks() -> None:
    assert len(builtin_checks()) > 40


def test_no_code_is_used_twice() -> None:
    codes = [check.code for check in builtin_checks()]
    assert sorted(set(codes)) == sorted(codes)


def test_no_name_is_used_twice() -> None:
    names = [check.name for check in builtin_checks()]
    assert sorted(set(names)) == sorted(names)


@every_check
def test_file_and_folder_are_named_after_the_check(check: Check) -> None:
    assert check.file is not None
    assert (check.file.stem, check.file.parent.name) == (check.name, check.category)


@every_check
def test_code_begins_with_the_letters_of_its_category(check: Check) -> None:
    assert check.code[:3] in PREFIXES[check.category]


@every_check
def test_documentation_says_what_is_wrong_what_it_causes_and_how_to_fix_it(check: Check) -> None:
    title, *others = re.split(r"\n\s*\n", check.description)
    assert len(others) >= 2
    assert title.endswith(".")
    assert len(title) <= LONGEST_TITLE
    assert "\n" not in title


@every_check
def test_every_threshold_is_documented(check: Check) -> None:
    named = set(re.findall(r"`(\w+)", check.description))
    assert set(check.settings) - {SWITCH} <= named


@every_check
def test_only_a_check_with_thresholds_asks_for_them(check: Check) -> None:
    assert ("settings" in check.inputs) == bool(set(check.settings) - {SWITCH})


@every_check
def test_it_is_asked_of_products_and_kinds_that_exist(check: Check) -> None:
    assert set(check.backends) <= set(BACKENDS.values())
    assert check.backends
    assert set(check.kinds) <= set(Kind)


@every_check
def test_it_has_a_case(check: Check) -> None:
    tests = TESTS / "checks" / check.category / f"test_{check.name}.py"
    cases = TESTS / "cases" / check.code
    assert tests.is_file() or any(cases.glob("bad*.sql"))
