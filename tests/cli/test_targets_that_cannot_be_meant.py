"""A target that cannot be meant is one line and 2, whichever command asks; a forbidden one is 4."""

from __future__ import annotations

import sys

import pytest

from tests.cli.conftest import Project
from tests.fix_postgres import ScratchDatabase
from tests.fix_tcp_postgres import free_port

PYTEST = ("gate", "-p", "no:randomly", "-p", "no:cacheprovider")
REQUIRED = 'required_variables = [{ name = "JWT_SECRET", min_length = 32 }]'
WRONG = {
    "empty variable": ('url = "env:EMPTY_URL"', "EMPTY_URL"),
    "unsupported product": ('url = "env:MYSQL_URL"', "mysql"),
    "unreadable file": ('url = "file:nowhere.url"', "nowhere.url"),
    "failing command": (f'url = "cmd:{sys.executable} -c 1/0"', "the command"),
    "malformed port": ('url = "env:ODD_PORT_URL"', "host or port is malformed"),
    "missing variable": (f'url = "sqlite:///staging.sqlite3"\n{REQUIRED}', "JWT_SECRET"),
    "no url": ('kind = "production"', "has no url"),
}


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY_URL", "")
    monkeypatch.setenv("MYSQL_URL", "mysql://app@db.example.com/books")
    monkeypatch.setenv("ODD_PORT_URL", "postgresql://app@db.example.com:many/books")


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize(("written", "word"), WRONG.values(), ids=WRONG)
def test_health_says_it_in_one_line(project: Project, written: str, word: str) -> None:
    project.append(f"\n[env.production]\n{written}\n")
    answer = project.dbops("health", "--env", "production")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert word in answer.err


@pytest.mark.usefixtures("variables")
def test_gate_says_it_in_one_line(project: Project) -> None:
    project.append('\n[env.production]\nurl = "env:EMPTY_URL"\n')
    answer = project.dbops_apart(*PYTEST, "--env", "production")
    assert (answer.code, [line for line in answer.err.splitlines() if line]) == (
        2,
        ["ERROR: environment 'production': variable EMPTY_URL (url = \"env:EMPTY_URL\") is not set"
         " (export it, or put it in .env)"],
    )  # fmt: skip


@pytest.mark.parametrize("words", [("health",), ("baseline", "write"), ("env", "ping")])
def test_embedded_environment_without_migrations_is_one_line(project: Project, words: tuple[str, ...]) -> None:
    text = (project.path / "dbops.toml").read_text(encoding="utf-8")
    project.write("dbops.toml", text.replace("[project]", '[project]\nmigrations = "nowhere"'))
    answer = project.dbops(*words, "--env", "development")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "nowhere" in answer.err


@pytest.fixture
def shadow_is_production(
    project: Project, postgres_database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """The project with a scratch server that is the database of an environment."""
    text = (project.path / "dbops.toml").read_text(encoding="utf-8")
    project.write("dbops.toml", text.replace("[project]", '[project]\nmigrations = "migrations"'))
    project.write("migrations/env.py", "")
    project.append('\n[env.production]\nurl = "env:PRODUCTION"\n')
    monkeypatch.setenv("PRODUCTION", postgres_database.url)
    monkeypatch.setenv("SHADOW_DATABASE_URL", postgres_database.superuser_url)
    return project


@pytest.mark.parametrize("words", [("health",), ("baseline", "write"), ("scratch", "status")])
def test_scratch_server_that_is_an_environment_is_refused(
    shadow_is_production: Project, words: tuple[str, ...]
) -> None:
    answer = shadow_is_production.dbops(*words, "--env", "testing")
    assert (answer.code, answer.err.count("\n")) == (4, 1)
    assert "of environment 'production'" in answer.err


def test_gate_refuses_such_a_scratch_server_in_one_line(shadow_is_production: Project) -> None:
    answer = shadow_is_production.dbops_apart(*PYTEST, "--env", "testing")
    lines = [line for line in answer.err.splitlines() if line]
    assert (answer.code, len(lines)) == (4, 1)
    assert lines[0].startswith("ERROR: the scratch URL leads to the database ")


def test_scratch_status_says_that_the_given_server_does_not_answer(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHADOW_DATABASE_URL", f"postgresql://app:sesame-open@127.0.0.1:{free_port()}/scratch")
    answer = project.dbops("scratch", "status")
    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert "connection refused" in answer.err
    assert "sesame" not in answer.out + answer.err


@pytest.mark.parametrize("words", [("scratch", "status"), ("health", "--env", "testing")])
def test_scratch_server_with_a_malformed_port_is_one_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    text = (project.path / "dbops.toml").read_text(encoding="utf-8")
    project.write("dbops.toml", text.replace("[project]", '[project]\nmigrations = "migrations"'))
    project.write("migrations/env.py", "")
    monkeypatch.setenv("SHADOW_DATABASE_URL", "postgresql://app@db.example.com:many/scratch")
    answer = project.dbops(*words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "host or port is malformed" in answer.err
