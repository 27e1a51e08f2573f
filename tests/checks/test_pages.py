"""A table is read page by page: each row once, in time whatever its size, and no answer only where there is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks import _pages
from pytest_dbops.checks._pages import Page, read_pages, read_whole_or_pages
from pytest_dbops.checks.integrity.key_that_differs_by_case_or_space import key_that_differs_by_case_or_space
from pytest_dbops.checks.integrity.orphaned_row import orphaned_row, orphans_by_key
from pytest_dbops.checks.integrity.rule_broken_by_rows import rule_broken_by_rows
from pytest_dbops.checks.integrity.unique_key_repeated_beside_null import unique_key_repeated_beside_null
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import CheckFunction, Settings
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import LockNotFree, TimedOut
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Limits, Session
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, sqlite_url
from tests.checks.connectivity.conftest import Target

ROWS, SLOW_S = 400, 0.25
WIDE = "repeat(md5(n::text), 58)"
"""Four rows a block, too short to be compressed."""


@contextmanager
def reading(url: str, seconds: float = 30) -> Iterator[tuple[Session, Catalog]]:
    """Open a gate's session whose statements may take so long, on a schema that was read without haste."""
    with _session(url, 30) as patient:
        catalog = backend_for(url).read_catalog(patient)
    with _session(url, seconds) as session:
        yield session, catalog


def _session(url: str, seconds: float) -> AbstractContextManager[Session]:
    limits = Limits(connect_timeout_s=10, statement_timeout_s=seconds, lock_timeout_s=0.2)
    return backend_for(url).open_session(url, limits=limits, expect=Expectation(), application="gate")


def _ids(session: Session, page: Page, column: str = "id") -> list[object]:
    sql = f"SELECT c.{column} AS id FROM {page.source('c')} WHERE {page.condition('c')}"
    return [row["id"] for row in session.query(sql, page.params)]


def _table(catalog: Catalog, name: str = "entry"):  # type: ignore[no-untyped-def]  # a Table
    return next(table for table in catalog.tables if table.name == name)


def _small_pages(monkeypatch: pytest.MonkeyPatch, *, size: int, least: int) -> None:
    for name, value in (("PAGE_BLOCKS", size), ("LEAST_BLOCKS", least), ("PAGE_ROWS", size), ("LEAST_ROWS", least)):
        monkeypatch.setattr(_pages, name, value)


# --- each row once ----------------------------------------------------------------------------------------------


def test_pages_of_blocks_have_each_row_once_and_read_no_other_block(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_pages(monkeypatch, size=32, least=4)
    target.admin(f"CREATE TABLE entry AS SELECT n AS id, {WIDE} AS text FROM generate_series(1, {ROWS}) AS n")
    target.admin("DELETE FROM entry WHERE id % 7 = 0")
    target.admin("UPDATE entry SET text = text || '' WHERE id % 5 = 0")
    with reading(target.url()) as (session, catalog):
        found = list(read_pages(catalog, _table(catalog), session, lambda page: _ids(session, page)))
        plan = session.query(f"EXPLAIN SELECT 1 FROM {found[1][0].source()} WHERE {found[1][0].condition()}")
    assert sorted(each for _, ids in found for each in ids) == [n for n in range(1, ROWS + 1) if n % 7]
    assert len(found) == 4
    assert "Tid Range Scan" in str(plan)


def test_pages_of_a_partitioned_table_have_each_row_once(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pages(monkeypatch, size=32, least=4)
    target.admin("CREATE TABLE entry (id integer, text text) PARTITION BY RANGE (id)")
    target.admin("CREATE TABLE entry_few PARTITION OF entry FOR VALUES FROM (0) TO (50)")
    target.admin("CREATE TABLE entry_many PARTITION OF entry DEFAULT PARTITION BY HASH (id)")
    target.admin("CREATE TABLE entry_0 PARTITION OF entry_many FOR VALUES WITH (MODULUS 2, REMAINDER 0)")
    target.admin("CREATE TABLE entry_1 PARTITION OF entry_many FOR VALUES WITH (MODULUS 2, REMAINDER 1)")
    target.admin(f"INSERT INTO entry SELECT n, {WIDE} FROM generate_series(1, {ROWS}) AS n")
    with reading(target.url()) as (session, catalog):
        found = list(read_pages(catalog, _table(catalog), session, lambda page: _ids(session, page)))
    assert sorted(each for _, ids in found for each in ids) == list(range(1, ROWS + 1))
    assert len(found) == 5


SQLITE_TABLES = {
    "rowid": ("CREATE TABLE entry (id INTEGER PRIMARY KEY)", "n * 1000003 - 40000000"),
    "no key": ("CREATE TABLE entry (id TEXT)", "'x' || n"),
    "rowid named otherwise": ("CREATE TABLE entry (id INTEGER, rowid TEXT, _rowid_ TEXT)", "n"),
    "all names taken": ("CREATE TABLE entry (id INTEGER, rowid TEXT, _rowid_ TEXT, oid TEXT)", "n"),
    "without rowid": ("CREATE TABLE entry (id TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID", "char(65 + n % 2) || n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SQLITE_TABLES)
def test_pages_of_a_sqlite_table_have_each_row_once(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pages(monkeypatch, size=64, least=4)
    create, value = SQLITE_TABLES[kind]
    _sqlite(tmp_path / "app.db", create, f"INSERT INTO entry (id) SELECT {value} FROM n")
    with reading(sqlite_url(tmp_path / "app.db")) as (session, catalog):
        found = list(read_pages(catalog, _table(catalog), session, lambda page: _ids(session, page)))
        wanted = [row["id"] for row in session.query("SELECT id FROM entry")]
    read = [each for _, ids in found for each in ids]
    assert (len(read), set(read)) == (ROWS, set(wanted))
    assert len(found) == (1 if kind == "all names taken" else 7)


def test_pages_of_a_sqlite_table_go_by_all_columns_of_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pages(monkeypatch, size=64, least=4)
    create = "CREATE TABLE entry (org INTEGER, id INTEGER, PRIMARY KEY (org, id)) WITHOUT ROWID"
    _sqlite(tmp_path / "app.db", create, "INSERT INTO entry SELECT n / 150, n FROM n")
    with reading(sqlite_url(tmp_path / "app.db")) as (session, catalog):
        found = list(read_pages(catalog, _table(catalog), session, lambda page: _ids(session, page)))
    assert sorted(each for _, ids in found for each in ids) == list(range(1, ROWS + 1))
    assert len(found) == 7


def _sqlite(file: Path, *statements: str) -> None:
    """Run statements that may read numbers from `n`."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TEMP TABLE n (n INTEGER)")
        connection.executemany("INSERT INTO n VALUES (?)", [(n,) for n in range(1, ROWS + 1)])
        for statement in statements:
            connection.execute(statement)
        connection.commit()


# --- in time ----------------------------------------------------------------------------------------------------

SLOW = """
CREATE FUNCTION slow(n integer, ms float8) RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(ms / 1000) IS NOT NULL'
"""
"""A rule that takes its time, on any machine the same."""


@pytest.fixture
def slow(target: Target) -> Target:
    """A table that no one statement reads in time: two of its rows break the rule, and two refer to nothing."""
    target.admin(SLOW)
    target.admin("CREATE TABLE parent (id integer PRIMARY KEY)")
    target.admin("INSERT INTO parent VALUES (1)")
    target.admin("CREATE TABLE entry (id integer PRIMARY KEY, text text, parent_id integer)")
    target.admin(f"INSERT INTO entry SELECT n, {WIDE}, 1 + (n % 200 = 3)::integer FROM generate_series(1, {ROWS}) AS n")
    target.admin("ALTER TABLE entry ADD CONSTRAINT few CHECK (slow(id, 2) AND id % 200 <> 7) NOT VALID")
    target.admin("ALTER TABLE entry ADD CONSTRAINT known FOREIGN KEY (parent_id) REFERENCES parent NOT VALID")
    return target


def _judged(function: CheckFunction, url: str, **thresholds: object) -> list[Finding]:
    with reading(url, SLOW_S) as (session, catalog):
        return ask(function, catalog=catalog, session=session, thresholds=thresholds)


def test_table_that_no_statement_reads_in_time_is_judged_all_the_same(
    slow: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pages, "LEAST_BLOCKS", 1)
    whole = "SELECT count(*) FROM entry WHERE NOT (slow(id, 2) AND id % 200 <> 7)"
    with reading(slow.url(), SLOW_S) as (session, _), pytest.raises(TimedOut):
        session.query(whole)
    (finding,) = _judged(rule_broken_by_rows, slow.url())
    assert finding.message == "2 rows of 'entry' break its rule 'few'"


def test_table_that_was_counted_is_asked_as_a_whole_first(slow: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pages, "LEAST_BLOCKS", 1)
    slow.admin("ANALYZE entry")
    asked: list[Page] = []
    with reading(slow.url()) as (session, catalog):
        found = list(read_pages(catalog, _table(catalog), session, lambda page: asked.append(page)))
    assert (len(found), asked[0].terms) == (1, ())
    assert [each.message for each in _judged(rule_broken_by_rows, slow.url())] == [
        "2 rows of 'entry' break its rule 'few'"
    ]


def test_orphans_are_counted_over_all_pages(slow: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pages(monkeypatch, size=32, least=4)
    (finding,) = _judged(orphaned_row, slow.url())
    assert finding.message == "2 rows of 'entry' refer to rows of 'parent' that are not there (known)"
    assert finding.evidence == ({"id": 3, "parent_id": 2}, {"id": 203, "parent_id": 2})


def test_row_that_takes_too_long_by_itself_is_no_answer_and_spoils_none_before_it(
    slow: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_pages(monkeypatch, size=16, least=4)
    slow.admin("ALTER TABLE entry DROP CONSTRAINT few")
    slow.admin(
        "ALTER TABLE entry ADD CONSTRAINT late CHECK (slow(id, (id = 390)::integer * 60000) AND id <> 7) NOT VALID"
    )
    found: list[Finding] = []
    with reading(slow.url(), SLOW_S) as (session, catalog), pytest.raises(TimedOut, match="statement_timeout_s"):
        settings = Settings({"most_rows": 1_000_000})
        found.extend(rule_broken_by_rows(catalog=catalog, session=session, settings=settings))
    assert [each.message for each in found] == ["1 rows of 'entry' break its rule 'late'"]


def test_sample_is_made_smaller_until_it_is_read_in_time(slow: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pages, "LEAST_SAMPLE_ROWS", 5)
    slow.admin("ANALYZE entry")
    findings = [each for each in _judged(rule_broken_by_rows, slow.url(), most_rows=390) if each.identity == "sampled"]
    (finding,) = findings
    assert (finding.severity, finding.subject) == (Severity.INFO, "entry")
    assert float(finding.message.split()[1]) < 97.5 / 3


def test_lock_that_another_holds_is_not_asked_for_in_parts(target: Target) -> None:
    target.admin("CREATE TABLE entry AS SELECT 1 AS id")
    asked: list[Page] = []

    def count(page: Page) -> object:
        asked.append(page)
        return session.scalar(f"SELECT count(*) FROM {page.source()} WHERE {page.condition()}")

    with reading(target.url()) as (session, catalog):
        other = target.begin()
        other.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LockNotFree):
            list(read_whole_or_pages(catalog, _table(catalog), session, count))
    assert len(asked) == 1


def test_sqlite_table_that_no_statement_reads_in_time_is_judged_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pages, "LEAST_ROWS", 25)
    rule = "CHECK (length(hex(zeroblob(abs(id % 2) + 40000))) > 0 AND id % 3000 <> 7)"
    file, many = tmp_path / "app.db", "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 6000)"
    _sqlite(
        file, "PRAGMA ignore_check_constraints = ON", f"CREATE TABLE entry (id INTEGER PRIMARY KEY, {rule})",
        f"INSERT INTO entry {many} SELECT n FROM n",
    )  # fmt: skip
    with reading(sqlite_url(file), SLOW_S) as (session, catalog):
        with pytest.raises(TimedOut):
            session.query("SELECT sum(length(hex(zeroblob(abs(id % 2) + 40000)))) FROM entry")
        findings = ask(rule_broken_by_rows, catalog=catalog, session=session)
    assert [each.message.partition(" break")[0] for each in findings] == ["2 rows of 'entry'"]


def test_sqlite_file_is_told_the_same_of_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _small_pages(monkeypatch, size=64, least=4)
    _sqlite(
        tmp_path / "app.db", "CREATE TABLE parent (id TEXT COLLATE NOCASE PRIMARY KEY)",
        "INSERT INTO parent VALUES ('A')", "CREATE TABLE other (org INTEGER, id INTEGER, PRIMARY KEY (org, id))",
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, parent_id TEXT REFERENCES parent, org INTEGER, other_id INTEGER,"
        " FOREIGN KEY (org, other_id) REFERENCES other (org, id))", "INSERT INTO other VALUES (1, 1)",
        "INSERT INTO entry SELECT n, iif(n % 200 = 3, 'x', 'a'), 1, iif(n % 100, NULL, 2) FROM n",
    )  # fmt: skip
    with reading(sqlite_url(tmp_path / "app.db")) as (session, catalog):
        at_once = ask(orphaned_row, catalog=catalog, session=session)
        by_key = list(orphans_by_key(catalog, session))
    assert sorted(each.message for each in by_key) == sorted(each.message for each in at_once)
    assert [(each.identity, each.message.partition(" refer")[0]) for each in by_key] == [
        ("other", "4 rows of 'entry'"), ("parent", "2 rows of 'entry'"),
    ]  # fmt: skip


# --- as a whole -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        (key_that_differs_by_case_or_space, "email text UNIQUE"),
        (unique_key_repeated_beside_null, "email text, gone_at date, UNIQUE (email, gone_at)"),
    ],
)
def test_table_too_large_to_be_grouped_is_named(target: Target, function: CheckFunction, columns: str) -> None:
    target.admin(f"CREATE TABLE entry (id serial PRIMARY KEY, {columns})")
    target.admin(f"INSERT INTO entry (email) SELECT 'a' || n FROM generate_series(1, {ROWS}) AS n")
    target.admin("ANALYZE entry")
    with reading(target.url()) as (session, catalog):
        (finding,) = ask(function, catalog=catalog, session=session, thresholds={"most_rows": 100})
    assert (finding.severity, finding.message) == (
        Severity.INFO,
        "table 'entry' was not judged: it has about 400 rows, and 100 is the most that are read at once",
    )
