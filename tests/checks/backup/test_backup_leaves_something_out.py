"""BAK010: what pg_restore lists of real dumps, and what is in real copies, against the database they were made of."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.backup.backup_leaves_something_out import backup_leaves_something_out
from pytest_dbops.core.backups import BackupContents, BackupForm, BackupRecord, ContentKind
from pytest_dbops.core.check import Settings
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from tests.checks.backup.dumps import copied, dumped, globals_of
from tests.checks.backup.records import Kept, Without
from tests.checks.connectivity.asking import CLOCK, ask, session_on, sqlite_url
from tests.checks.connectivity.conftest import Target, needs_extension

TABLES = """
CREATE TABLE invoice (id serial PRIMARY KEY, day date);
CREATE TABLE line (id integer GENERATED ALWAYS AS IDENTITY, day date) PARTITION BY RANGE (day);
CREATE TABLE line_2026 PARTITION OF line FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE UNLOGGED TABLE cache (id integer);
CREATE SCHEMA audit;
CREATE TABLE audit.entry (id integer);
"""
NEEDS = ["tables", "tables' rows"]


def _seen(url: str, *records: BackupRecord, **thresholds: object) -> list[Finding]:
    with session_on(url) as session:
        backend = backend_for(url)
        return ask(
            backup_leaves_something_out, backups=Kept(records), catalog=backend.read_catalog(session), session=session,
            statistics=backend.read_statistics(session), roles=backend.read_roles(session), thresholds=thresholds,
        )  # fmt: skip


def _subjects(findings: list[Finding]) -> list[str]:
    return [finding.subject for finding in findings]


@pytest.fixture
def filled(target: Target) -> Target:
    target.admin(TABLES)
    target.admin("SELECT lo_create(4711)")
    needs_extension(target, "pg_trgm")
    return target


def test_dump_with_its_globals_holds_all(filled: Target, tmp_path: Path) -> None:
    assert _seen(filled.url(), dumped(filled, tmp_path), globals_of(filled)) == []


def test_dump_without_globals_leaves_the_roles_out(filled: Target, tmp_path: Path) -> None:
    roles = globals_of(filled, at=CLOCK - timedelta(days=30))
    filled.admin("CREATE ROLE newcomer")
    try:
        (finding,) = _seen(filled.url(), dumped(filled, tmp_path), roles)
        assert (finding.subject, finding.message) == ("roles", "1 roles are in no backup: 'newcomer'")
        assert _seen(filled.url(), dumped(filled, tmp_path), roles, ignore=("role:new*",)) == []
        with pytest.raises(CannotJudge, match="does not say which roles are in backup 'daily'"):
            _seen(filled.url(), dumped(filled, tmp_path))
    finally:
        filled.admin("DROP ROLE newcomer")


def test_dump_of_one_schema_is_found(filled: Target, tmp_path: Path) -> None:
    findings = _seen(filled.url(), dumped(filled, tmp_path, "--schema=audit"), globals_of(filled))
    assert _subjects(findings) == [*NEEDS, "sequences", "extensions", "large objects"]
    assert findings[0].message == (
        "4 tables are not in backup 'daily': 'public.cache', 'public.invoice', 'public.line', 'public.line_2026'"
    )
    assert findings[1].evidence == ({"name": "public.invoice"}, {"name": "public.line_2026"})
    assert "'public.invoice_id_seq', 'public.line_id_seq'" in findings[2].message


def test_dump_without_the_rows_of_a_table_is_found(filled: Target, tmp_path: Path) -> None:
    record = dumped(filled, tmp_path, "--exclude-table-data=invoice")
    (finding,) = _seen(filled.url(), record, globals_of(filled))
    assert finding.message == "1 tables' rows are not in backup 'daily': 'public.invoice'"
    assert _seen(filled.url(), record, globals_of(filled), ignore=("rows:public.invoice",)) == []


def test_table_made_after_the_backup_is_found(filled: Target, tmp_path: Path) -> None:
    record = dumped(filled, tmp_path)
    filled.admin("CREATE TABLE later (id integer)")
    assert _subjects(_seen(filled.url(), record, globals_of(filled))) == NEEDS


def test_other_database_of_the_server_is_found(filled: Target, tmp_path: Path) -> None:
    kept = dumped(filled, tmp_path), globals_of(filled)
    with closing(psycopg.connect(filled.server.admin_url, autocommit=True)) as admin:
        admin.execute("CREATE DATABASE forgotten")
        try:
            (finding,) = _seen(filled.url(), *kept)
            assert (finding.subject, finding.message) == ("databases", "1 databases are in no backup: 'forgotten'")
            assert _seen(filled.url(), *kept, ignore=("database:forgotten",)) == []
        finally:
            admin.execute("DROP DATABASE forgotten")


def test_physical_backup_holds_all(filled: Target, tmp_path: Path) -> None:
    whole = BackupRecord("base", CLOCK, 1, is_encrypted=True, form=BackupForm.PHYSICAL)
    assert _seen(filled.url(), whole) == []
    older = replace(whole, finished_at=CLOCK - timedelta(days=1))
    assert _seen(filled.url(), dumped(filled, tmp_path), older) == []


def test_backup_of_another_database_is_none_of_this(filled: Target, tmp_path: Path) -> None:
    names = {ContentKind.DATABASE: frozenset({"elsewhere"})}
    other = BackupRecord("other", CLOCK, 1, is_encrypted=False, contents=BackupContents(names, 0))
    mine = dumped(filled, tmp_path, at=CLOCK - timedelta(hours=1))
    assert _seen(filled.url(), other, mine, globals_of(filled)) == []
    (finding, *_) = _catch(filled.url(), other)
    assert finding.message == "1 databases are in no backup: 'target'"


def test_contents_that_nobody_knows_are_no_answer(filled: Target, tmp_path: Path) -> None:
    record = dumped(filled, tmp_path)
    with pytest.raises(CannotJudge, match="does not say what is in backup 'daily'"):
        _seen(filled.url(), replace(record, contents=None))
    assert record.contents is not None
    with pytest.raises(CannotJudge, match="does not say which large objects"):
        _seen(filled.url(), replace(record, contents=replace(record.contents, large_objects=None)), globals_of(filled))


def test_no_backup_is_no_answer(target: Target) -> None:
    with pytest.raises(CannotJudge, match="see BAK001"):
        _seen(target.url())


def test_copy_of_a_file_holds_all(database: Path, tmp_path: Path) -> None:
    assert _seen(sqlite_url(database), copied(database, tmp_path)) == []


def test_table_that_a_copy_of_a_file_lacks_is_found(database: Path, tmp_path: Path) -> None:
    copy = copied(database, tmp_path)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE later (id INTEGER)")
    assert _subjects(_seen(sqlite_url(database), copy)) == NEEDS
    lost = Without({ContentKind.ROWS: {"item"}}).of(copied(database, tmp_path))
    assert [each.message for each in _seen(sqlite_url(database), lost)] == [
        "1 tables' rows are not in backup 'daily': 'item'"
    ]


def test_attached_file_that_is_in_no_backup_is_found(database: Path, tmp_path: Path) -> None:
    (finding,) = _seen(sqlite_url(database), copied(database, tmp_path), also=("archive.db",))
    assert (finding.subject, finding.message) == ("databases", "1 databases are in no backup: 'archive.db'")


def _catch(url: str, *records: BackupRecord) -> list[Finding]:
    """Return what was found before the check had no answer to the rest."""
    found: list[Finding] = []
    with session_on(url) as session, pytest.raises(CannotJudge):
        backend = backend_for(url)
        found.extend(
            backup_leaves_something_out(
                Kept(records), backend.read_catalog(session), backend.read_statistics(session),
                backend.read_roles(session), session, Settings({"also": (), "ignore": ()}),
            )
        )  # fmt: skip
    return found
