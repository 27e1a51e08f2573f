"""`--format json` prints one document with the keys the reference page promises."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_dbops.cli.parsing import COMMANDS, module_of
from pytest_dbops.cli.shapes import Shape
from tests.cli.conftest import Project
from tests.fix_project import CONFIG

ALEMBIC = {"migrations/env.py": "target_metadata = None\n", "migrations/script.py.mako": ""}
CALLS = {
    ("health", ""): ("health", "--env", "staging"),
    ("checks", "list"): ("checks", "list"),
    ("checks", "show"): ("checks", "show", "SCH003"),
    ("config", "show"): ("config", "show"),
    ("config", "validate"): ("config", "validate"),
    ("env", "list"): ("env", "list"),
    ("env", "ping"): ("env", "ping", "staging"),
    ("env", "grant"): ("env", "grant", "testing"),
    ("env", "access"): ("env", "access", "staging"),
    ("scratch", "status"): ("scratch", "status"),
    ("compliance", "validate-encryption"): ("compliance", "validate-encryption", "--env", "staging"),
    ("baseline", "write"): ("baseline", "write", "--env", "staging"),
    ("init", ""): ("init", "--dry-run"),
    ("maintenance", "plan"): ("maintenance", "plan", "--env", "staging"),
    ("maintenance", "auto"): ("maintenance", "auto", "--env", "staging", "--dry-run"),
    ("maintenance", "tasks"): ("maintenance", "tasks"),
    ("migrate", "history"): ("migrate", "history"),
    ("migrate", "status"): ("migrate", "status", "--env", "staging"),
    ("migrate", "deploy"): ("migrate", "deploy", "--env", "staging"),
    ("migrate", "rollback"): ("migrate", "rollback", "--env", "staging"),
    ("migrate", "stats"): ("migrate", "stats", "export", "--env", "staging"),
}
CALLED_ELSEWHERE = {
    ("gate", ""), ("scratch", "stop"), ("scratch", "clean"), ("migrate", "create"), ("migrate", "sql"),
    ("migrate", "verify"), ("migrate", "reset"), ("setup", ""), ("reset", ""), ("compliance", "keys"),
    ("compliance", "rotate-key"), ("compliance", "encrypt-column"), ("compliance", "mark"),
    *(("audit", verb) for verb in ("install", "seal", "verify", "erase", "expire", "show")),
    *(("seed", verb) for verb in ("all", "org", "clean", "validate", "status", "list")),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids="-".join)
def test_keys_are_those_of_the_reference(project: Project, call: tuple[str, str]) -> None:
    for name, text in ALEMBIC.items():
        project.write(name, text)
    if call[0] == "migrate":
        project.write("dbops.toml", CONFIG.replace("[project]", '[project]\nmigrations = "migrations"'))
    answer = project.dbops("--format", "json", *CALLS[call])
    assert answer.err == ""
    assert _keys(answer.json, _shape(*call)) == set(_shape(*call).keys)


def test_every_promised_document_is_called_for() -> None:
    promised = {(name, verb) for name in COMMANDS for verb in module_of(name).JSON}
    assert promised == {*CALLS, *CALLED_ELSEWHERE}


def test_servers_that_were_stopped_have_the_promised_keys() -> None:
    from dataclasses import fields

    from pytest_dbops.core.scratch import ServerStatus
    from pytest_dbops.provisioning.inventory import Cleaned

    assert {field.name for field in fields(ServerStatus)} == set(_shape("scratch", "stop").keys)
    assert {field.name for field in fields(Cleaned)} == set(_shape("scratch", "clean").keys)


def test_texts_with_quotes_and_controls_stay_json(project: Project) -> None:
    project.sql('CREATE TABLE "no""te\x07\\" (text text) STRICT;')
    report = project.dbops("health", "--env", "staging", "--format", "json", "--check", "SCH003").json
    assert [len(result["findings"]) for result in report["results"]] == [1]


def _shape(command: str, verb: str) -> Shape:
    found: Shape = module_of(command).JSON[verb]
    return found


def _keys(document: Any, shape: Shape) -> set[str]:
    assert isinstance(document, list) is shape.is_list
    return set(document[0]) if shape.is_list else set(document)
