"""Each of the application's checks is silent on the seeds and speaks on the broken copy meant for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from pytest_dbops import Finding
from pytest_dbops.backends import backend_for
from pytest_dbops.checks.own import load_own_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.session import Limits
from tests.application.breakage import BROKEN_BY, SWITCHED_OFF, statements_for
from tests.application.conftest import DIALECTS, Home
from tests.application.history import ROOT

CHECKS: Mapping[str, Check] = {check.code: check for check in load_own_checks([ROOT / "checks"], root=ROOT)}
ON_ROWS = [code for code, check in CHECKS.items() if check.inputs == ("session",)]
ON_CATALOG = [code for code, check in CHECKS.items() if check.inputs == ("catalog",)]
CASES = [(dialect, code) for dialect in DIALECTS for code in ON_ROWS if dialect in CHECKS[code].backends]
CATALOG_CASES = [(dialect, code) for dialect in DIALECTS for code in ON_CATALOG]
LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=30, lock_timeout_s=5)


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """Lets a check read inside the transaction that broke the data, which is then rolled back."""

    connection: Connection

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> Sequence[Mapping[str, Any]]:
        return [dict(row) for row in self.connection.execute(text(sql), dict(params or {})).mappings()]

    def sample(
        self, sql: str, limit: int, params: Mapping[str, object] | None = None
    ) -> tuple[Sequence[Mapping[str, Any]], int]:
        rows = self.query(sql, params)
        return rows[:limit], len(rows)


@pytest.fixture
def seeded(request: pytest.FixtureRequest) -> Home:
    """The seeded database of the dialect a case names; shared, so it must be left as it was."""
    if request.param == "postgresql":
        home: Home = request.getfixturevalue("seeded_postgres")
        return home
    file: Path = request.getfixturevalue("seeded_file")
    return Home("sqlite", f"sqlite:///{file}", f"sqlite:///{file}")


@contextmanager
def rolled_back(home: Home) -> Iterator[Connection]:
    """Open a transaction in which nothing guards the data, and undo all of it."""
    with home.superuser_engine().connect() as connection:
        if home.dialect == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("SET LOCAL row_security = off"))
        else:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
            connection.exec_driver_sql("BEGIN")
            triggers = connection.scalars(text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).all()
            for name in triggers:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        yield connection
        connection.rollback()


def findings(code: str, connection: Connection) -> list[Finding]:
    return list(CHECKS[code].function(session=OpenTransaction(connection)))


@pytest.mark.parametrize(("seeded", "code"), CASES, indirect=["seeded"])
def test_check_is_silent_on_the_seeds(seeded: Home, code: str) -> None:
    with rolled_back(seeded) as connection:
        assert findings(code, connection) == []


@pytest.mark.parametrize(("seeded", "code"), CASES, indirect=["seeded"])
def test_check_speaks_on_its_broken_copy(seeded: Home, code: str) -> None:
    with rolled_back(seeded) as connection:
        for statement in statements_for(seeded.dialect, BROKEN_BY[code]):
            assert connection.exec_driver_sql(statement).rowcount != 0
        assert findings(code, connection) != []


@pytest.mark.parametrize("seeded", DIALECTS, indirect=True)
@pytest.mark.parametrize(("code", "limit"), [("BKS020", "INVOICES_AT_ONCE"), ("BKS045", "ENTRIES_AT_ONCE")])
def test_check_that_reads_in_pages_judges_every_page(
    seeded: Home, code: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS[code].function.__globals__, limit, 3)
    with rolled_back(seeded) as connection:
        assert findings(code, connection) == []
        connection.execute(text("UPDATE invoice SET due_on = '2999-01-01' WHERE id IN (1, 2, 13)"))
        connection.execute(text("UPDATE audit_log SET op = 'DELETE' WHERE id IN (1, 100, 200)"))
        assert len(findings(code, connection)) == 3


@pytest.mark.parametrize(("seeded", "code"), CATALOG_CASES, indirect=["seeded"])
def test_catalog_check_is_silent_on_the_seeds(seeded: Home, code: str) -> None:
    assert list(CHECKS[code].function(catalog=read_catalog(seeded))) == []


@pytest.mark.parametrize("code", ON_CATALOG)
def test_catalog_check_speaks_on_its_broken_copy(seeded_home: Home, code: str) -> None:
    with seeded_home.engine().begin() as connection:
        for statement in statements_for(seeded_home.dialect, SWITCHED_OFF[code]):
            connection.exec_driver_sql(statement)
    assert len(list(CHECKS[code].function(catalog=read_catalog(seeded_home)))) == 1


def test_every_check_has_a_code_of_its_own_and_a_broken_copy() -> None:
    files = sorted(ROOT.joinpath("checks").glob("*.sql"))
    written = [re.search(r"-- code: (\w+)", file.read_text(encoding="utf-8")) for file in files]
    codes = [match[1] for match in written if match]
    assert len(codes) == len(set(codes)) == len(files)
    assert set(CHECKS) == set(BROKEN_BY) | set(SWITCHED_OFF)


def test_every_check_says_what_to_do() -> None:
    without_hint = [file.name for file in ROOT.joinpath("checks").glob("*.sql") if "-- hint: " not in file.read_text()]
    assert without_hint == []


def read_catalog(home: Home) -> Any:
    url = home.superuser_url.replace("postgresql+psycopg://", "postgresql://")
    backend = backend_for(url)
    with backend.open_session(url, limits=LIMITS, expect=Expectation(), application="tests") as session:
        return backend.read_catalog(session)
