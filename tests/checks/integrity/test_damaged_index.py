"""INT002."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.integrity.damaged_index import damaged_index
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on, sqlite_url
from tests.checks.connectivity.conftest import PLAIN, Target, needs_extension
from tests.checks.damage import damaged_copy, drop_copy

ORDER = """
CREATE OR REPLACE FUNCTION compare(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT {sign} (CASE WHEN a < b THEN -1 WHEN a > b THEN 1 ELSE 0 END) $$
"""
CLASS = """
CREATE OPERATOR CLASS fickle FOR TYPE integer USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 compare(integer, integer)
"""


def _asked(url: str) -> list[Finding]:
    with session_on(url) as session:
        backend = backend_for(url)
        catalog, statistics = backend.read_catalog(session), backend.read_statistics(session)
        return ask(damaged_index, catalog=catalog, statistics=statistics, session=session)


@pytest.fixture
def dropped_copy(target: Target) -> Iterator[None]:
    """Drop the damaged copy of the target afterwards."""
    yield
    drop_copy(target.server)


def out_of_order(page: bytearray, row: int) -> None:
    """Let the first entry of a GIN page have a key behind all others: it stands behind the eight bytes of its head."""
    struct.pack_into("<i", page, row + 8, 1_000_000)


def _indexed(target: Target) -> None:
    needs_extension(target, "amcheck")
    target.admin(ORDER.format(sign="+"))
    target.admin(CLASS)
    target.admin("CREATE TABLE entry AS SELECT n FROM generate_series(1, 1000) AS n")
    target.admin("CREATE INDEX ix_entry ON entry (n fickle)")


def test_index_whose_order_no_longer_holds_is_found_and_mended_by_its_hint(target: Target) -> None:
    _indexed(target)
    target.admin(ORDER.format(sign="-"))
    findings = _asked(target.url())
    assert facts(findings, damaged_index) == [("entry.ix_entry", Severity.CRITICAL)]
    target.admin(findings[0].hint)
    assert _asked(target.url()) == []


def test_unique_index_that_took_a_key_twice_is_found_where_amcheck_looks_for_it(target: Target) -> None:
    _indexed(target)
    target.admin("CREATE UNIQUE INDEX ux_entry ON entry (n fickle)")
    assert _asked(target.url()) == []
    # Two keys within a page are the same from now on, and in order still.
    target.admin(ORDER.format(sign="+").replace("CASE", "CASE WHEN least(a, b) = 10 AND greatest(a, b) = 11 THEN 0"))
    findings = _asked(target.url())
    has_looked = target.server.major >= 17
    assert [each.subject for each in findings] == ["entry.ux_entry"] * has_looked
    assert all("uniqueness is violated" in each.message for each in findings)


def test_damaged_gin_index_is_found_where_amcheck_reads_it(target: Target, dropped_copy: None) -> None:
    needs_extension(target, "amcheck")
    target.admin("CREATE TABLE tagged AS SELECT ARRAY[n % 7, n % 11] AS tags FROM generate_series(1, 300) AS n")
    target.admin("CREATE INDEX ix_tagged ON tagged USING gin (tags) WITH (fastupdate = off)")
    assert _asked(target.url()) == []
    copy = damaged_copy(target, "ix_tagged", out_of_order, block=1)
    has_looked = target.server.major >= 18
    assert facts(_asked(copy.url()), damaged_index) == [("tagged.ix_tagged", Severity.CRITICAL)] * has_looked


def test_sound_index_is_fine(target: Target) -> None:
    _indexed(target)
    assert _asked(target.url()) == []


def test_database_without_the_extension_is_not_asked(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="CREATE EXTENSION amcheck"):
        _asked(target.url())


def test_role_that_may_not_read_pages_gets_no_answer(target: Target) -> None:
    _indexed(target)
    with pytest.raises(MissingPrivilege, match="GRANT EXECUTE ON FUNCTION"):
        _asked(target.url(PLAIN))


@pytest.fixture
def filled(database: Path) -> Path:
    """A file with a table, rows and an index."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, note TEXT)")
        connection.executemany("INSERT INTO entry (note) VALUES (?)", [(f"note {n}",) for n in range(500)])
        connection.execute("CREATE INDEX ix_entry ON entry (note)")
    return database


def test_index_of_a_file_that_misses_rows_is_found(filled: Path) -> None:
    with closing(sqlite3.connect(filled, isolation_level=None)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_entry'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with filled.open("r+b") as opened:
        opened.seek((page - 1) * size + size - 8)
        opened.write(b"damaged!")
    findings = _asked(sqlite_url(filled))
    assert {each[1] for each in facts(findings, damaged_index)} == {Severity.CRITICAL}
    assert all(finding.subject == "app.db" for finding in findings)


def test_sound_file_is_fine(filled: Path) -> None:
    assert _asked(sqlite_url(filled)) == []
