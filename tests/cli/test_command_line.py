"""How a command line is read: order of options, help, and words that nobody knows."""

from __future__ import annotations

import pytest

from pytest_dbops.cli.parsing import COMMANDS, command_parser, top_parser
from tests.cli.conftest import Project

PLACES = [
    ("--env", "staging", "env", "ping"),
    ("--environment", "staging", "env", "ping"),
    ("env", "--env", "staging", "ping"),
    ("env", "ping", "--env=staging"),
    ("env", "ping", "--environment", "staging"),
    ("env", "ping", "staging"),
    ("env", "ping", "--quiet", "staging"),
    ("--env", "health", "env", "--env", "staging", "ping"),
]


@pytest.mark.parametrize("words", PLACES, ids=" ".join)
def test_environment_may_be_named_anywhere(project: Project, words: tuple[str, ...]) -> None:
    answer = project.dbops(*words)
    assert (answer.code, answer.out.partition("\n")[0]) == (0, "staging answers")


@pytest.mark.parametrize("words", [("--format", "json", "env", "list"), ("env", "list", "--format=json")], ids=" ".join)
def test_format_may_be_given_anywhere(project: Project, words: tuple[str, ...]) -> None:
    assert isinstance(project.dbops(*words).json, list)


WRONG = [
    (("helth",), "there is no command 'helth' (did you mean 'health'?) (see: dbops --help)"),
    (("--frmat", "json", "health"), "unrecognized"),
    (("health", "--categroy", "schema"), "unrecognized arguments: --categroy schema (did you mean '--category'?)"),
    (("health", "staging"), "unrecognized arguments: staging (an environment is named by --env staging) (see: "),
    (("env", "ping", "staging", "more"), "unrecognized arguments: more (an environment is named by --env more) (see: "),
    (("env", "ping", "--quite", "staging"), "--quite (did you mean '--quiet'?) (see: dbops env ping --help)"),
    (("init", "--seed", "nowhere", "more"), "unrecognized arguments: --seed more"),
    (("gate", "staging"), "an environment is named by --env (run: dbops gate --env staging)"),
    (("env",), "the following arguments are required: list | ping | grant | access (see: dbops env --help)"),
    (("env", "pong"), "invalid choice: 'pong'"),
    (("checks", "show"), "the following arguments are required: CODE (see: dbops checks show --help)"),
    (("checks", "show", "SCH999"), "there is no check 'SCH999'"),
    (("checks", "show", "table_without_primary_kye"), "did you mean 'table_without_primary_key'?"),
    (("env", "list", "--format", "nagios"), "--format nagios is for health; env knows text and json"),
    (("env", "list", "--format", "xml"), "invalid choice: 'xml'"),
    (("env", "ping", "stagin"), "there is no environment 'stagin' (did you mean 'staging'?)"),
    (("env", "ping", "staging", "--env", "testing"), "two environments are named: 'staging' and --env 'testing'"),
    (("env", "list", "--config", "nowhere.toml"), "--config: 'nowhere.toml' does not exist"),
    (("health", "--category", "shema"), "there is no category 'shema'; did you mean 'schema'?"),
    (("health", "--check", "SCH03"), "there is no check 'SCH03' (did you mean 'SCH"),
    (("health", "--env", "staging", "--baseline", "nowhere.json"), "cannot read"),
    (("--config", ".", "env", "list"), "--config: '.' is a folder"),
    (("init", "nowhere"), "'nowhere' is no folder"),
    (("init",), "no alembic scripts are under"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_usage_is_one_line_and_ends_with_2(project: Project, words: tuple[str, ...], message: str) -> None:
    answer = project.dbops(*words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("dbops: ")
    assert message in answer.err


def test_without_a_command_help_goes_to_standard_error(project: Project) -> None:
    answer = project.dbops()
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == top_parser().format_help()


def test_help_lists_every_command_and_exit_code(project: Project) -> None:
    answer = project.dbops("--help")
    assert (answer.code, answer.err) == (0, "")
    assert [
        line.split()[0] for line in answer.out.splitlines() if line.startswith("  ") and line.split()[0] in COMMANDS
    ] == list(COMMANDS)
    assert all(f"\n  {code:<10}" in answer.out for code in (0, 1, 2, 3, 4, 5, 130))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_fits_80_columns(project: Project, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = project.dbops(command, "--help")
    assert (answer.code, answer.out) == (0, command_parser(command).format_help())
    assert max(map(len, answer.out.splitlines())) <= 80


def test_version_is_the_packages(project: Project) -> None:
    from pytest_dbops import __version__

    assert project.dbops("--version").out == f"dbops {__version__}\n"


def test_outside_of_a_project_the_way_in_is_named(project: Project) -> None:
    (project.path / "dbops.toml").unlink()
    answer = project.dbops("env", "list")
    assert (answer.code, answer.err) == (
        2,
        f"dbops: there is no dbops.toml in {project.path} or above (run: dbops init)\n",
    )


def test_outside_of_a_project_the_shipped_checks_are_listed(project: Project) -> None:
    (project.path / "dbops.toml").unlink()
    answer = project.dbops("checks", "list")
    assert (answer.code, "SCH003" in answer.out) == (0, True)
