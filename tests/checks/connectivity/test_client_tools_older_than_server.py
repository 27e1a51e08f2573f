"""CON005."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.client_tools_older_than_server import client_tools_older_than_server
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target


@pytest.fixture
def pg_dump(tmp_path: Path) -> Path:
    """A program that says of itself what pg_dump would."""
    program = tmp_path / "pg_dump"
    program.touch(mode=0o755)
    return program


def _says(program: Path, text: str) -> dict[str, str]:
    program.write_text(f"#!/bin/sh\necho '{text}'\n")
    return {"pg_dump": str(program)}


def test_older_pg_dump_is_an_error(target: Target, pg_dump: Path) -> None:
    major = target.server.major
    findings = ask(
        client_tools_older_than_server,
        statistics=statistics_of(target.url()),
        thresholds=_says(pg_dump, f"pg_dump (PostgreSQL) {major - 1}.9"),
    )
    assert facts(findings, client_tools_older_than_server) == [(str(pg_dump), Severity.ERROR)]
    assert findings[0].message == f"'{pg_dump}' is version {major - 1}; the server is PostgreSQL {major}"


@pytest.mark.parametrize("ahead", [0, 1])
def test_pg_dump_of_the_same_or_a_newer_version_is_fine(target: Target, pg_dump: Path, ahead: int) -> None:
    says = _says(pg_dump, f"pg_dump (PostgreSQL) {target.server.major + ahead}.3 (Debian {target.server.major}.3-1)")
    assert ask(client_tools_older_than_server, statistics=statistics_of(target.url()), thresholds=says) == []


def test_machine_without_pg_dump_is_an_info(target: Target, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    findings = ask(
        client_tools_older_than_server, statistics=statistics_of(target.url()), thresholds={"pg_dump": absent}
    )
    assert facts(findings, client_tools_older_than_server) == [(absent, Severity.INFO)]


def test_program_that_tells_no_version_gets_no_answer(target: Target, pg_dump: Path) -> None:
    with pytest.raises(CannotJudge, match="does not tell its version: 'hello'"):
        ask(
            client_tools_older_than_server,
            statistics=statistics_of(target.url()),
            thresholds=_says(pg_dump, "hello"),
        )
