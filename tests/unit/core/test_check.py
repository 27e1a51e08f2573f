"""The decorator that makes a function a check, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_dbops.core.check import CATEGORIES, INPUTS, Cost, Privilege, Settings, check, check_of
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import StepName


@check("SCH999", severity=Severity.ERROR, category="schema", kinds=["production"], settings={"limit": 3})
def table_without_meaning(catalog: object, settings: Settings) -> Iterator[Finding]:
    """A table has no meaning.

    It costs.
    """
    yield Finding("t", "has none")


def finds_nothing() -> list[Finding]:
    return []


def test_a_decorated_function_stays_a_function() -> None:
    assert list(table_without_meaning(None, Settings({}))) == [Finding("t", "has none")]


def test_a_decorated_function_carries_its_check() -> None:
    made = check_of(table_without_meaning)

    assert made is not None
    assert (made.code, made.name, made.category) == ("SCH999", "table_without_meaning", "schema")
    assert (made.title, made.description) == ("A table has no meaning", "A table has no meaning.\n\nIt costs.")
    assert made.inputs == ("catalog", "settings")
    assert (made.backends, made.kinds) == (("postgresql", "sqlite"), ("production",))
    assert (made.cost, made.privilege) == (Cost.CATALOG, Privilege.ANY)
    assert made.settings == {"limit": 3}
    assert made.file == Path(__file__)
    assert not made.is_own


def test_the_line_of_a_check_is_where_it_is_written() -> None:
    made = check_of(table_without_meaning)

    assert made is not None
    assert Path(__file__).read_text(encoding="utf-8").splitlines()[made.line - 1].startswith('@check("SCH999"')


def test_a_check_without_a_docstring_is_titled_by_its_name() -> None:
    def bad_thing() -> list[Finding]:
        return []

    made = check_of(check("OWN001", severity=Severity.INFO)(bad_thing))

    assert made is not None
    assert (made.title, made.category) == ("bad thing", "checks")


@pytest.mark.parametrize("thing", [None, len, "text", test_a_decorated_function_stays_a_function])
def test_anything_else_carries_no_check(thing: object) -> None:
    assert check_of(thing) is None


@pytest.mark.parametrize("code", ["", "SCH1", "sch001", "SCH0001", "SC0001", "SCH001\n"])
def test_a_malformed_code_is_refused(code: str) -> None:
    with pytest.raises(ConfigError, match="write three capitals and three digits"):
        check(code, severity=Severity.INFO)(finds_nothing)


def test_an_unknown_category_is_refused_with_all_there_are() -> None:
    with pytest.raises(ConfigError) as raised:
        check("SCH001", severity=Severity.INFO, category="shema")(finds_nothing)

    assert str(raised.value) == f"check SCH001: category 'shema' is unknown (one of {', '.join(CATEGORIES)})"


def test_an_unknown_parameter_is_refused_with_all_there_are() -> None:
    with pytest.raises(ConfigError) as raised:
        check("SCH001", severity=Severity.INFO)(lambda catalogue: [])

    assert str(raised.value) == f"check SCH001: parameter 'catalogue' is unknown (one of {', '.join(INPUTS)})"


def test_settings_give_numbers_words_flags_and_text() -> None:
    settings = Settings({"limit": 3, "names": ("a", "b"), "name": "a", "strict": True})

    assert settings.number("limit") == 3.0
    assert settings.words("names") == ("a", "b")
    assert settings.words("name") == ("a",)
    assert settings.text("name") == "a"
    assert settings.flag("strict")
    assert settings.as_dict() == {"limit": 3, "names": ("a", "b"), "name": "a", "strict": True}


@pytest.mark.parametrize("value", ["3", True, ("3",)])
def test_a_setting_that_is_no_number_is_refused_where_one_is_needed(value: str | bool | tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="a number is needed"):
        Settings({"limit": value}).number("limit")


def test_check_of_each_revision_names_the_step_it_judges() -> None:
    @check("OWN001", severity=Severity.ERROR, category="migrations", step=StepName.UPGRADE)
    def each(revision: object) -> Iterator[Finding]:
        """A revision is bad."""
        yield from ()

    made = check_of(each)
    assert made is not None
    assert (made.step, made.inputs) == (StepName.UPGRADE, ("revision",))


@pytest.mark.parametrize("step", [None, StepName.DOWNGRADE])
def test_step_and_revision_go_together(step: StepName | None) -> None:
    def without() -> Iterator[Finding]:
        yield from ()

    def with_one(revision: object) -> Iterator[Finding]:
        yield from ()

    function = with_one if step is None else without
    with pytest.raises(ConfigError, match="the parameter 'revision' and the decorator's `step` go together"):
        check("OWN001", severity=Severity.ERROR, step=step)(function)
