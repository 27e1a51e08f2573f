"""STO012."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks import _pages
from pytest_dbops.checks.storage.rows_past_their_time import rows_past_their_time
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.maintenance.archive import ArchiveRule
from pytest_dbops.core.severity import Severity
from pytest_dbops.operations.maintaining import old_rows
from pytest_dbops.operations.maintaining.old_rows import find_old_rows
from tests.checks.connectivity.asking import CLOCK, ask, environment_at, facts, session_on, sqlite_url
from tests.checks.connectivity.conftest import Target

TABLE = "CREATE TABLE event (id integer PRIMARY KEY, at date NOT NULL)"
ROWS = "INSERT INTO event VALUES (1, '2024-09-29'), (2, '2024-09-30'), (3, '2024-10-01'), (4, '2026-09-01')"
RULE = ArchiveRule("event", "at", 730)


def _asked(url: str, rule: ArchiveRule = RULE, **thresholds: object) -> list[Finding]:
    with session_on(url) as session:
        catalog = backend_for(url).read_catalog(session)
        found = find_old_rows([rule], session, catalog, environment_at(url), now=CLOCK)
    return ask(rows_past_their_time, old_rows=found, thresholds=thresholds)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file with two rows of more than 730 days."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.executescript(f"{TABLE}; {ROWS};")
    return sqlite_url(tmp_path / "app.db")


def test_rows_of_a_file_that_are_older_than_the_rule_are_told(url: str) -> None:
    findings = _asked(url)
    assert facts(findings, rows_past_their_time) == [("event", Severity.INFO)]
    assert findings[0].message.startswith("table 'event' has 2 rows from before 2024-10-01")


def test_rows_of_a_server_that_are_older_than_the_rule_are_told(target: Target) -> None:
    target.admin(TABLE)
    assert _asked(target.url()) == []
    target.admin(ROWS)
    findings = _asked(target.url())
    assert facts(findings, rows_past_their_time) == [("event", Severity.INFO)]
    assert findings[0].message.startswith("table 'event' has 2 rows from before 2024-10-01")


def test_rows_that_are_young_enough_or_few_enough_are_fine(url: str) -> None:
    assert _asked(url, ArchiveRule("event", "at", 800)) == []
    assert _asked(url, fewest_rows=3) == []


def test_rule_that_does_not_fit_the_schema_has_no_answer(url: str) -> None:
    with pytest.raises(CannotJudge, match="there is no table 'events'"):
        _asked(url, ArchiveRule("events", "at", 730))


def test_rows_of_many_pages_are_counted(url: str, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pages, "PAGE_ROWS", 1)
    monkeypatch.setattr(_pages, "PAGE_BLOCKS", 1)
    monkeypatch.setattr(old_rows, "read_whole_or_pages", _pages.read_pages)  # as when a table takes too long
    target.admin(TABLE.replace(")", ", text text)"))
    target.admin(f"{ROWS.replace('event', 'event (id, at)')}; UPDATE event SET text = repeat(md5(id::text), 58)")
    target.admin("INSERT INTO event SELECT n, '2020-01-01', repeat(md5(n::text), 58) FROM generate_series(5, 20) AS n")
    assert _asked(url)[0].message.startswith("table 'event' has 2 rows from before")
    assert _asked(target.url())[0].message.startswith("table 'event' has 18 rows from before")
