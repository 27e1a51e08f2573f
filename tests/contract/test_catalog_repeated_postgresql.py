"""A PostgreSQL schema that is read again is what it is when it is read anew, whatever was altered in between."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import psycopg.rows
import pytest

from pytest_dbops.backends.postgresql.catalog import RepeatedReader, read_catalog
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import scratch_server
from tests.contract.catalog_cases import Case
from tests.contract.museum import (
    ALTERATIONS,
    HARMLESS,
    MAJORS,
    REWORDINGS,
    WORDED,
    Asking,
    Museum,
    opened_museum,
    own_names,
)
from tests.fix_postgres import BINDIRS, ScratchDatabase

ALL = [*ALTERATIONS, *HARMLESS, *REWORDINGS]
WITHOUT_OTHERS = "DROP STATISTICS item_stats; DROP PUBLICATION news"
"""Where these are of a table, everything is read: most cases are without them, to see the shorter way."""
OF_OTHERS = re.compile(r"\b(item_stats|news|pg_publication\w*|pg_statistic_ext)\b")
PART = 11
"""As many statements as a read of some tables, views and sequences takes at most, once they are prepared."""


@dataclass(frozen=True, slots=True)
class Rereading:
    """One connection to the museum that is read again and again by one reader."""

    museum: Museum
    reader: RepeatedReader
    first: Catalog

    @property
    def connection(self) -> psycopg.Connection:
        """The museum's own."""
        return self.museum.connection

    def again(self) -> Catalog:
        """Read what may be another."""
        return self.reader.read(Asking(self.connection))

    def anew(self) -> Catalog:
        """Read everything."""
        return read_catalog(Asking(self.connection))

    def execute(self, sql: str) -> None:
        """Run statements."""
        self.connection.execute(own_names(sql).encode())


NEWEST = None
"""Stands for the newest major on this machine, which is the sample of all of them: each takes a minute."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask every major where all faults are asked for, else one, and of its cases every third."""
    is_full = metafunc.config.getoption("--faults") == "full"
    if "opened" in metafunc.fixturenames:
        metafunc.parametrize("opened", MAJORS if is_full else [NEWEST], indirect=True, scope="module")
    if "case" in metafunc.fixturenames:
        cases = ALL if is_full else ALL[::3]
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, postgres_majors: tuple[int, ...]) -> Iterator[Rereading]:
    """The museum with much in it that is worded with the names of others, and a reader that has read it.

    On a server of its own: roles, tablespaces and settings are of all its databases, and whoever makes one of them
    beside these tests makes the reader read everything.
    """
    major = request.param or max(postgres_majors, default=MAJORS[-1])
    if major not in postgres_majors:
        pytest.skip(f"PostgreSQL {major} is not on this machine, only {postgres_majors}")
    with (
        scratch_server(ServerRequest(major=major, bindirs=BINDIRS)) as server,
        opened_museum(server, major) as museum,
    ):
        museum.connection.execute(WORDED.encode())
        museum.connection.commit()
        yield Rereading(museum, RepeatedReader(), read_catalog(Asking(museum.connection)))


@pytest.fixture
def rereading(opened: Rereading) -> Iterator[Rereading]:
    """The same, as it was at first."""
    opened.connection.rollback()
    opened.again()
    yield opened
    opened.connection.rollback()


def test_what_is_altered_is_read_as_if_for_the_first_time(rereading: Rereading, case: Case) -> None:
    if rereading.museum.major < case.since:
        pytest.skip(f"PostgreSQL {rereading.museum.major} does not know this, {case.since} does")
    rereading.execute("" if OF_OTHERS.search(case.sql) else WITHOUT_OTHERS)
    before = rereading.again()
    rereading.execute("SAVEPOINT before_case")
    rereading.execute(f"{case.sql}; ALTER TABLE public.aside ADD more integer")
    rereading.again()
    rereading.execute("ALTER TABLE public.aside DROP more")
    assert_same(rereading.again(), rereading.anew())
    rereading.execute("ROLLBACK TO SAVEPOINT before_case")
    assert rereading.again() == before
    rereading.connection.rollback()
    assert rereading.again() == rereading.first


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE worded.alone ADD extra integer DEFAULT 3 NOT NULL",
        "ALTER TABLE worded.alone DROP note",
        "ALTER TABLE worded.unit ALTER kept SET DEFAULT 2",
        "CREATE INDEX alone_note ON worded.alone (note)",
        "DROP INDEX worded.unit_label",
        "ALTER TABLE worded.unit DROP CONSTRAINT unit_kept",
        "CREATE TABLE worded.fresh (id serial PRIMARY KEY, unit_id integer REFERENCES worded.unit (id))",
        "DROP TABLE worded.line CASCADE",
        "CREATE OR REPLACE VIEW worded.seen_again AS SELECT code, line_id, 1 AS one FROM worded.seen",
        "DROP VIEW worded.seen_again",
        "CREATE SEQUENCE worded.others",
        "DROP POLICY line_policy ON worded.line",
        "GRANT SELECT ON worded.alone TO PUBLIC",
        "ALTER TABLE worded.alone ENABLE ROW LEVEL SECURITY",
    ],
)
def test_what_belongs_to_some_tables_is_read_with_these_only(rereading: Rereading, sql: str) -> None:
    before = rereading.again()
    rereading.execute(sql)
    asking = Asking(rereading.connection)
    after = rereading.reader.read(asking)
    assert asking.sent("FROM pg_catalog.pg_database d") == 0
    assert asking.statements - asking.sent("PREPARE ") <= PART
    assert_same(after, rereading.anew())
    assert after.table("public", "item") is before.table("public", "item")


def test_what_is_the_same_is_the_same_object_for_four_statements(rereading: Rereading) -> None:
    before = rereading.again()
    asking = Asking(rereading.connection)
    assert rereading.reader.read(asking) is before
    assert asking.statements == 4


def test_what_is_the_same_again_is_the_same_object_again(rereading: Rereading) -> None:
    before = rereading.again()
    rereading.execute("ALTER TABLE worded.alone ADD extra integer")
    after = rereading.again()
    rereading.execute("ALTER TABLE worded.alone DROP extra")
    assert rereading.again() is before
    rereading.execute("ALTER TABLE worded.alone ADD extra integer")
    assert rereading.again() is after


def test_view_is_worded_with_the_names_of_a_table_that_is_not_shown(rereading: Rereading) -> None:
    rereading.execute("CREATE SCHEMA dbops; CREATE TABLE dbops.journal (id integer)")
    rereading.execute("CREATE VIEW worded.beyond AS SELECT id FROM dbops.journal")
    rereading.again()
    rereading.execute("ALTER TABLE dbops.journal RENAME id TO number; ALTER TABLE dbops.journal RENAME TO book")
    assert_same(rereading.again(), rereading.anew())


def test_tables_as_they_were_do_not_stand_for_a_type_that_is_not(postgres_database: ScratchDatabase) -> None:
    reader = RepeatedReader()
    with closing(psycopg.connect(postgres_database.url)) as connection:
        connection.execute("CREATE TYPE pair AS (a integer); CREATE TABLE alone (id integer)")
        reader.read(Asking(connection))
        connection.execute("ALTER TYPE pair ADD ATTRIBUTE b text; ALTER TABLE alone ADD extra text")
        reader.read(Asking(connection))
        connection.execute("ALTER TABLE alone DROP extra")
        assert_same(reader.read(Asking(connection)), read_catalog(Asking(connection)))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_one_after_another_is_read_as_if_for_the_first_time(
    postgres_database: ScratchDatabase, seed: int
) -> None:
    """Altered, rolled back in part and whole, and committed, by a plain role; what is not possible is taken back."""
    reader = RepeatedReader()
    with closing(psycopg.connect(postgres_database.url)) as connection:
        connection.execute(WORDED.encode())
        for step in _steps(random.Random(seed)):
            _attempt(connection, step)
            assert_same(reader.read(Asking(connection)), read_catalog(Asking(connection)))


def test_what_another_session_commits_is_seen(postgres_database: ScratchDatabase) -> None:
    reader = RepeatedReader()
    with (
        closing(psycopg.connect(postgres_database.url)) as connection,
        closing(psycopg.connect(postgres_database.url, autocommit=True)) as other,
    ):
        before = reader.read(Asking(connection))
        other.execute("CREATE TABLE late (id integer)")
        after = reader.read(Asking(connection))
    assert [table.name for table in before.tables] == []
    assert [table.name for table in after.tables] == ["late"]


def test_nothing_but_what_is_prepared_is_left_in_the_session(postgres_database: ScratchDatabase) -> None:
    with closing(psycopg.connect(postgres_database.url)) as connection:
        connection.execute("SET search_path = public, pg_catalog")
        connection.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        before = connection.execute(_SETTINGS).fetchall()
        RepeatedReader().read(Asking(connection))
        assert connection.execute(_SETTINGS).fetchall() == before
        assert connection.execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)


def test_psycopg2_reads_the_same_again_and_again(postgres_database: ScratchDatabase) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    with closing(psycopg2.connect(postgres_database.url)) as connection, connection.cursor() as cursor:

        def ask(sql: str) -> Any:
            cursor.execute(sql)
            return cursor.fetchall()

        assert_is_followed(Driven(ask, cursor.execute))


def test_asyncpg_reads_the_same_again_and_again(postgres_database: ScratchDatabase) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(postgres_database.url))
        transaction = connection.transaction()
        runner.run(transaction.start())
        assert_is_followed(
            Driven(lambda sql: runner.run(connection.fetch(sql)), lambda sql: runner.run(connection.fetch(sql)))
        )
        runner.run(transaction.rollback())
        runner.run(connection.close())


def test_rows_may_be_mappings(postgres_database: ScratchDatabase) -> None:
    with closing(psycopg.connect(postgres_database.url, row_factory=psycopg.rows.dict_row)) as connection:
        assert_is_followed(Driven(lambda sql: connection.execute(sql.encode()).fetchall(), connection.execute))


def test_connection_that_commits_each_statement_cannot_be_read(postgres_database: ScratchDatabase) -> None:
    with (
        closing(psycopg.connect(postgres_database.url, autocommit=True)) as connection,
        pytest.raises(CannotJudge, match="inside one transaction"),
    ):
        RepeatedReader().read(Asking(connection))


@dataclass(frozen=True, slots=True)
class Driven:
    """A connection as the reader wants it, whatever its own way of asking."""

    query: Callable[[str], Any]
    run: Callable[[str], object]


def assert_is_followed(session: Driven) -> None:
    """Change something twice, and compare what is read each time."""
    reader = RepeatedReader()
    reader.read(session)
    session.run("CREATE TABLE late (id serial PRIMARY KEY, note text DEFAULT 'x' CHECK (note <> ''))")
    assert_same(reader.read(session), read_catalog(session))
    session.run("ALTER TABLE late ADD other integer REFERENCES late (id)")
    assert_same(reader.read(session), read_catalog(session))


_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'dbops.%' ORDER BY name"
_ENDS = ("SAVEPOINT kept", "ROLLBACK TO SAVEPOINT kept", "ROLLBACK", "COMMIT", "COMMIT")


def _steps(choice: random.Random) -> Iterator[str]:
    for case in choice.sample(REWORDINGS, len(REWORDINGS)):
        yield case.sql
        if choice.random() < 0.4:
            yield choice.choice(_ENDS)


def _attempt(connection: psycopg.Connection, sql: str) -> None:
    if sql in ("ROLLBACK", "COMMIT"):
        connection.execute(sql.encode())
        return
    connection.execute("SAVEPOINT attempt")
    try:
        connection.execute(own_names(sql).encode())
    except psycopg.Error:
        connection.execute("ROLLBACK TO SAVEPOINT attempt")


def assert_same(found: Catalog, expected: Catalog) -> None:
    """Compare all there is, also what is no part of equality: the estimates of rows and pages."""
    assert found == expected
    assert repr(found) == repr(expected)
