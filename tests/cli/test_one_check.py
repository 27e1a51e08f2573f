"""One check is asked or shown by whatever it is called, and its health is its own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Project

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


def test_checks_of_what_the_project_says_of_itself_are_told_it(project: Project) -> None:
    with closing(sqlite3.connect(project.path / "staging.sqlite3")) as connection:
        connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, at DATE)")
        connection.execute("INSERT INTO event VALUES (1, '2001-01-01')")
        connection.commit()
    os.truncate(_new(project.path / "dbops-reports" / "staging" / "gate.json"), 6 << 30)
    asked = ("health", "--env", "staging", "--check", "STO009", "--check", "STO012", "--format", "json")
    assert outcomes(project.dbops(*asked)) == {"STO009": "failed", "STO012": "skipped"}
    project.append('\n[[archive]]\ntable = "event"\ncolumn = "at"\nolder_than_days = 30\n')
    found = {each["code"]: each["findings"][0]["subject"] for each in project.dbops(*asked).json["results"]}
    assert found == {"STO009": "dbops-reports", "STO012": "event"}


def outcomes(answer: Answer) -> dict[str, str]:
    return {each["code"]: each["outcome"] for each in answer.json["results"]}


def _new(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file
