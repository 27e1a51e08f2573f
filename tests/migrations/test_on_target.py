"""What is pending is rehearsed on the target's own schema and forecast at its sizes, by a gate that only reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import psycopg
import pytest

from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.operations.health import check_health
from tests.fix_project import GateProject
from tests.migrations.project import ENV, Project, files_in
from tests.migrations.test_drift import Books, request_of

CONFIG = """
[project]
migrations = "migrations"

[env.staging]
url     = "{url}"
kind    = "staging"
dialect = "{dialect}"
require = []

[env.staging.locks]
share = {{ rows = 100, ms = 0 }}
"""
MADE = """
op.create_table("book", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(40)))
"""
FILLED = {
    "postgresql": (
        "INSERT INTO book SELECT n, 'title ' || n FROM generate_series(1, 3000) AS n",
        "ALTER TABLE book ADD COLUMN isbn text",
        "ANALYZE book",
    ),
    "sqlite": (
        "INSERT INTO book WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 3000)"
        " SELECT n, 'title ' || n FROM s",
        "ALTER TABLE book ADD COLUMN isbn text",
        "ANALYZE",
    ),
}


@dataclass(frozen=True, slots=True)
class Staging:
    """A project whose target has a column that no revision makes, and two revisions pending."""

    books: Books
    dialect: str

    def ask(self, *codes: str) -> Mapping[str, CheckResult]:
        """Return the results of checks by name, with the case of those that have one."""
        report, _ = check_health(request_of(self.books), codes=codes, progress=lambda _: None)
        return {result.id.partition("::")[2]: result for result in report.results}

    def state(self) -> list[object]:
        """Return what the target holds."""
        queries = ("SELECT count(*), min(title), max(title) FROM book", "SELECT * FROM alembic_version")
        if self.books.is_sqlite:
            with closing(sqlite3.connect(self.books.path / "target.sqlite3")) as connection:
                return [connection.execute(query).fetchall() for query in queries]
        with psycopg.connect(self.books.url) as connection:
            return [connection.execute(query.encode()).fetchall() for query in queries]


@pytest.fixture(params=["sqlite", "postgresql"])
def staging(request: pytest.FixtureRequest, gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> Staging:
    """The project on each product."""
    dialect, url = request.param, "sqlite:///target.sqlite3"
    if dialect == "postgresql":
        server: ScratchServer = request.getfixturevalue("scratch_postgres")
        url = request.getfixturevalue("postgres_database").url
        monkeypatch.setenv("SHADOW_DATABASE_URL", server.admin_url)
        monkeypatch.setenv("BOOKS_URL", url)
    written = url if dialect == "sqlite" else "env:BOOKS_URL"
    gate_project.write("dbops.toml", CONFIG.format(url=written, dialect=dialect))
    gate_project.sql("SELECT 1", "target.sqlite3")
    books = Books(gate_project, url)
    history = Project(gate_project.path, dialect, files_in(gate_project.path))
    history.env(ENV)
    history.revision("a1", None, MADE, 'op.drop_table("book")')
    books.alembic("upgrade", "a1")
    books.sql_on_target(*FILLED[dialect])
    history.revision("b2", "a1", 'op.create_index("i", "book", ["title"])', 'op.drop_index("i")')
    history.revision("c3", "b2", 'op.add_column("book", sa.Column("isbn", sa.Text))', 'op.drop_column("book", "isbn")')
    return Staging(books, dialect)


def test_gate_finds_what_fails_on_the_target_alone_and_judges_locks_by_what_it_measured(staging: Staging) -> None:
    before = staging.state()

    found = staging.ask("MIG001", "MIG006", "MIG013")

    assert staging.state() == before
    assert [found[f"applies[{name}]"].outcome.value for name in ("a1", "b2", "c3")] == ["skipped", "passed", "passed"]
    failed = found["fails_on_target"]
    assert failed.outcome.value == "failed"
    error, forecast = failed.findings
    assert error.subject == "c3"
    assert "fails on the target's own schema (migrations/versions/c3.py:15)" in error.message
    assert "; the target has drifted: + column isbn of table book (type " in error.message
    assert error.evidence[0] == {"statement": "ALTER TABLE book ADD COLUMN isbn TEXT"}
    assert forecast.message.startswith("'b2' will take about ")
    assert " at 3,000 rows (" in forecast.message
    if staging.dialect == "postgresql":
        (lock,) = found["locks[b2]"].findings
        assert "holds SHARE on public.book (3,000 rows)" in lock.message
        assert "on scratch hardware)" in lock.message
        assert lock.evidence[0]["forecast_measured_at_rows"] == pytest.approx(3_000, abs=100)


@pytest.mark.parametrize("staging", ["sqlite"], indirect=True)
def test_target_that_has_all_costs_no_rehearsal(staging: Staging) -> None:
    staging.books.sql_on_target("UPDATE alembic_version SET version_num = 'c3'")
    found = staging.ask("MIG013")
    assert (found["fails_on_target"].outcome.value, found["fails_on_target"].findings) == ("passed", ())


@pytest.mark.parametrize("staging", ["sqlite"], indirect=True)
def test_row_that_is_no_revision_is_never_a_pass(staging: Staging) -> None:
    staging.books.sql_on_target("UPDATE alembic_version SET version_num = 'zz9'")
    assert staging.ask("MIG013")["fails_on_target"].outcome.value == "inconclusive"
