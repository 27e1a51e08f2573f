"""One check is asked or shown by whatever it is called, and its health is its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Project

NAMES = [
    "SCH003", "sch003", "table_without_primary_key", "schema::table_without_primary_key",
    "dbops.toml::schema::table_without_primary_key",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_check_is_shown_by_any_of_its_names(project: Project, name: str) -> None:
    answer = project.dbops("checks", "show", name, "--format", "json")
    assert (answer.code, answer.json["code"]) == (0, "SCH003")


@pytest.mark.parametrize("name", NAMES)
def test_one_check_that_passes_is_ok_for_monitoring(project: Project, name: str) -> None:
    answer = project.dbops("health", "--env", "staging", "--check", name, "--format", "nagios")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("DBOPS OK - staging: 1 check passed (asked 1 of ")


def test_one_check_that_fails_is_critical_for_monitoring(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    assert project.dbops("health", "--env", "staging", "--check", "SCH003", "--format", "nagios").code == 2


def test_one_check_that_does_not_apply_is_unknown_for_monitoring(project: Project) -> None:
    assert project.dbops("health", "--env", "staging", "--check", "CON002", "--format", "nagios").code == 3


@pytest.mark.parametrize("words", [("checks", "show"), ("health", "--env", "staging", "--check")])
@pytest.mark.parametrize(
    ("name", "nearest"), [("shc003", "SCH003"), ("schema::table_without_primary_keys", "table_without_primary_key")]
)
def test_unknown_check_offers_the_nearest(project: Project, words: tuple[str, ...], name: str, nearest: str) -> None:
    answer = project.dbops(*words, name)
    told = f"dbops: there is no check {name!r} (did you mean {nearest!r}?) (see: dbops checks list)\n"
    assert (answer.code, answer.out, answer.err) == (2, "", told)


def test_monitor_that_asks_for_catalogs_only_is_ok_and_says_so(project: Project) -> None:
    answer = project.dbops("health", "--env", "staging", "--cost", "catalog", "--format", "nagios")
    assert (answer.code, answer.out.startswith("DBOPS OK - staging: ")) == (0, True)
    assert "more than catalog data left out (--dbops-cost=catalog)" in answer.out
