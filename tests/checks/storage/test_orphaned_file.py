"""STO014."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.checks.storage.orphaned_file import orphaned_file
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import MONITOR, Target

ORPHAN = "4000000000"
GRANTED = "pg_catalog.pg_ls_dir(text, boolean, boolean), pg_catalog.pg_stat_file(text, boolean)"


def _asked(target: Target, role: str | None = None, **thresholds: object) -> list[Finding]:
    with session_on(target.url(role)) as session:
        return ask(orphaned_file, session=session, thresholds=thresholds)


def _left_in(target: Target, path: str) -> str:
    """Leave beside a relation's file what a crash leaves of another; return its name."""
    left = f"{path.rpartition('/')[0]}/{ORPHAN}"
    target.admin(
        f"COPY (SELECT WHERE false) TO PROGRAM 'cp {path} {left}; cp {path} {left}.1; touch -d \"3 hours ago\" {left}*'"
    )
    return left


def _file_of(target: Target, table: str) -> str:
    with target.connect() as connection:
        return str(connection.execute("SELECT pg_relation_filepath(%s)", [table]).fetchone()[0])  # type: ignore[index]


@pytest.fixture
def filled(target: Target) -> Target:
    """A database with a table, its TOAST table, an index and what VACUUM makes of them."""
    target.admin("CREATE TABLE item (id integer PRIMARY KEY, note text)")
    target.admin("INSERT INTO item SELECT i, repeat('x', 9000) FROM generate_series(1, 50) AS i")
    target.admin("VACUUM FULL item")
    target.admin("VACUUM item")
    return target


@pytest.fixture
def side(filled: Target) -> Iterator[str]:
    """A tablespace with a table in it."""
    with filled.connect() as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
    folder = Path(data) / "aside"  # the one place its user may write to
    filled.admin(f"COPY (SELECT WHERE false) TO PROGRAM 'mkdir -m 700 {folder}'")
    filled.admin(f"CREATE TABLESPACE aside LOCATION '{folder}'")
    filled.admin("CREATE TABLE away TABLESPACE aside AS SELECT 1 AS id")
    yield "away"
    filled.admin("DROP TABLE away")
    filled.admin("CHECKPOINT")
    filled.admin("DROP TABLESPACE aside")
    shutil.rmtree(folder)


def test_old_file_of_no_relation_is_found_with_all_its_segments(filled: Target) -> None:
    left = _left_in(filled, _file_of(filled, "item"))
    findings = _asked(filled)
    assert facts(findings, orphaned_file) == [(left, Severity.WARNING)]
    assert "of 16 kB belongs to no relation, and was not written for 3 h" in findings[0].message


def test_files_of_relations_are_fine_and_so_is_what_a_transaction_just_makes(filled: Target) -> None:
    making = filled.begin()
    making.execute("CREATE TABLE loading AS SELECT generate_series(1, 1000)")
    filled.admin("CHECKPOINT")
    assert _asked(filled, oldest_s=0) == []


def test_young_file_is_fine_and_old_transaction_too(filled: Target) -> None:
    left = _left_in(filled, _file_of(filled, "item"))
    assert _asked(filled, oldest_s=4 * 3_600) == []
    filled.admin(
        f"COPY (SELECT WHERE false) TO PROGRAM 'truncate -s 0 {left} {left}.1; touch -d \"3 hours ago\" {left}*'"
    )
    assert _asked(filled) == []  # as a dropped relation leaves it until the next checkpoint


def test_file_in_a_tablespace_is_found(filled: Target, side: str) -> None:
    left = _left_in(filled, _file_of(filled, side))
    found = facts(_asked(filled), orphaned_file)
    filled.admin(f"COPY (SELECT WHERE false) TO PROGRAM 'rm {left} {left}.1'")
    assert found == [(left, Severity.WARNING)]


def test_role_needs_the_grants_that_it_is_told(filled: Target) -> None:
    left = _left_in(filled, _file_of(filled, "item"))
    with pytest.raises(MissingPrivilege, match=r"GRANT EXECUTE ON FUNCTION pg_catalog\.pg_ls_dir") as refused:
        _asked(filled, MONITOR)
    statements = str(refused.value).partition("(run: ")[2].removesuffix(")")
    with psycopg.connect(filled.url(), autocommit=True) as admin:
        admin.execute(statements.encode())
        assert facts(_asked(filled, MONITOR), orphaned_file) == [(left, Severity.WARNING)]
        admin.execute(f"REVOKE EXECUTE ON FUNCTION {GRANTED} FROM {MONITOR}")
