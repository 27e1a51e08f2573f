"""CON013."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.connectivity.unfinished_transaction import unfinished_transaction
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import PLAIN, Target


def _prepare(target: Target, gid: str) -> None:
    target.begin(PLAIN).execute(f"PREPARE TRANSACTION '{gid}'")


@pytest.mark.parametrize(
    ("thresholds", "severity"), [({"fail_s": 0}, Severity.ERROR), ({"warn_s": 0}, Severity.WARNING)]
)
def test_forgotten_prepared_transaction_is_found_by_every_role(
    target: Target, thresholds: dict[str, float], severity: Severity
) -> None:
    _prepare(target, "order 17")
    findings = ask(unfinished_transaction, statistics=statistics_of(target.url(PLAIN)), thresholds=thresholds)
    assert facts(findings, unfinished_transaction) == [("order 17", severity)]
    assert findings[0].message.startswith("prepared transaction 'order 17' of 'plain' is ")
    assert findings[0].hint == "COMMIT PREPARED 'order 17'; or ROLLBACK PREPARED 'order 17';"


def test_young_prepared_transaction_is_fine(target: Target) -> None:
    _prepare(target, "order 17")
    assert ask(unfinished_transaction, statistics=statistics_of(target.url(PLAIN))) == []


def test_prepared_transaction_of_another_database_is_not_judged_here(target: Target) -> None:
    _prepare(target, "order 17")
    statistics = statistics_of(target.server.admin_url)
    assert len(statistics.rows("prepared_transactions")) == 1
    assert ask(unfinished_transaction, statistics=statistics, thresholds={"fail_s": 0}) == []


def test_journal_of_a_writer_that_died_is_found(database: Path, tmp_path: Path) -> None:
    journal = Path(f"{database}-journal")
    with session_on(sqlite_url(database)) as session:
        _leave_hot_journal(database, journal, tmp_path / "aside")
        statistics = backend_for("sqlite").read_statistics(session)
    findings = ask(unfinished_transaction, statistics=statistics)
    assert facts(findings, unfinished_transaction) == [("app.db-journal", Severity.ERROR)]


def test_journal_of_a_writer_at_work_is_fine(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        _write_half(writer)
        statistics = statistics_of(sqlite_url(database))
    assert [row["is_hot_journal"] for row in statistics.rows("files")] == [False, True]
    assert ask(unfinished_transaction, statistics=statistics) == []


@pytest.mark.parametrize("mode", ["persist", "truncate", "delete", "wal"])
def test_journal_that_a_finished_writer_keeps_is_fine(database: Path, mode: str) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute(f"PRAGMA journal_mode = {mode}")
        writer.execute("INSERT INTO item VALUES (1)")
        writer.commit()
        assert ask(unfinished_transaction, statistics=statistics_of(sqlite_url(database))) == []


def _leave_hot_journal(database: Path, journal: Path, aside: Path) -> None:
    """Leave the journal as a crash does: copied while its writer is at work, put back when the writer is gone."""
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        _write_half(writer)
        shutil.copyfile(journal, aside)
        writer.execute("ROLLBACK")
    shutil.copyfile(aside, journal)


def _write_half(writer: sqlite3.Connection) -> None:
    """Write without committing; unsynchronised, the journal is valid from its first page on."""
    writer.execute("PRAGMA synchronous = OFF")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO item VALUES (1)")
