"""Under the role that `grant_statements` makes, not even what is done behind the session's back can write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege, UsageError
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.secret import Secret
from tests.fix_postgres import OWNER, PsycopgAdmin, ScratchDatabase
from tests.fix_targets import Target, accounting_database, watched

BEHIND_THE_SESSION = (
    ("INSERT INTO customer (id, name) VALUES (3, 'x')",),
    ("COMMIT", "INSERT INTO customer (id, name) VALUES (3, 'x')"),
    ("ROLLBACK", "BEGIN READ WRITE", "DELETE FROM invoice", "COMMIT"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "DELETE FROM invoice"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "SELECT write_customer()"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "CALL write_and_commit()"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "CREATE TABLE evil (id integer)"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "TRUNCATE customer CASCADE"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "DROP TABLE invoice"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "SELECT nextval('invoice_number')"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "COMMENT ON TABLE customer IS 'evil'"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "CREATE SCHEMA evil"),
    ("ROLLBACK", "SET default_transaction_read_only = off", f"SET ROLE {OWNER}", "DELETE FROM invoice"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "COPY customer FROM PROGRAM 'echo 9'"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "ALTER SYSTEM SET work_mem = '5MB'"),
    ("ROLLBACK", "SET default_transaction_read_only = off", "CREATE ROLE evil"),
)


@pytest.fixture(scope="module")
def database(start_postgres: Callable[[int | None], ScratchServer]) -> Iterator[ScratchDatabase]:
    with accounting_database(start_postgres(None)) as made:
        yield made


@pytest.fixture(scope="module")
def reader(database: ScratchDatabase) -> str:
    """The name of the role: one that needs quoting, and that no other worker uses."""
    return f'gate "reader" of {database.name}'


@pytest.fixture(scope="module")
def reader_target(database: ScratchDatabase, reader: str) -> Iterator[Target]:
    """The accounting database, opened as a reader made by exactly the printed statements."""
    with closing(PsycopgAdmin(database.superuser_url)) as admin, watched(database.superuser_url) as state:
        # PostgreSQL 14 lets every role create tables in schema public: the printed choice is taken here.
        admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for statement in printed(database, reader):
            admin.execute(statement)
        url = database.server.url(database.name, role=reader)
        yield Target(backend_for(url), url, state)
        admin.execute(f"DROP OWNED BY {quoted(reader)}")
        admin.execute(f"DROP ROLE {quoted(reader)}")


def printed(database: ScratchDatabase, reader: str) -> tuple[str, ...]:
    environment = Environment(
        name="production", kind=Kind.PRODUCTION, dialect="postgresql", url=Secret(database.url),
        url_reference="env:DATABASE_URL", policy=DEFAULT_POLICIES[Kind.PRODUCTION],
    )  # fmt: skip
    return tuple(backend_for("postgresql").grant_statements(environment, reader))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_reader_reads_rows_catalog_and_statistics(reader_target: Target, reader: str) -> None:
    with reader_target.open() as session:
        assert session.identity.role == reader
        assert session.scalar("SELECT sum(cents) FROM invoice") == 420
        assert [table.name for table in reader_target.backend.read_catalog(session).tables] == ["customer", "invoice"]
        reader_target.backend.read_statistics(session)
        session.verify()


def test_reader_reads_tables_made_later(reader_target: Target, database: ScratchDatabase) -> None:
    with database.connect() as owner:
        owner.execute("CREATE SCHEMA later CREATE TABLE later.still (id integer)")
    with reader_target.open() as session:
        assert session.scalar("SELECT count(*) FROM later.still") == 0
    with database.connect() as owner:
        owner.execute("DROP SCHEMA later CASCADE")


@pytest.mark.parametrize("statements", BEHIND_THE_SESSION, ids=lambda given: given[-1])
def test_python_check_that_reaches_for_the_driver_cannot_write(
    statements: tuple[str, ...], reader_target: Target
) -> None:
    before = reader_target.state()
    with reader_target.open() as session:
        raw: psycopg.Connection = session._connection  # type: ignore[attr-defined]  # what a check could do
        with pytest.raises(psycopg.Error):
            run_all(raw.execute, statements)
    assert reader_target.state() == before


def test_reader_may_not_see_password_hashes(reader_target: Target) -> None:
    with reader_target.open() as session, pytest.raises(MissingPrivilege):
        session.query("SELECT * FROM pg_authid")


@pytest.mark.parametrize("name", ["", "x\nDROP TABLE invoice", "x$grant$", "x" * 64, "\x00", "\\"])
def test_names_that_would_break_out_of_the_statements_are_refused(name: str, database: ScratchDatabase) -> None:
    with pytest.raises(UsageError, match=r"role name .* cannot be printed"):
        printed(database, name)


def test_a_database_that_is_not_known_is_the_one_psql_is_connected_to() -> None:
    environment = Environment(
        name="staging", kind=Kind.STAGING, dialect="postgresql", url=None, url_reference="env:STAGING_DATABASE_URL",
        policy=DEFAULT_POLICIES[Kind.STAGING],
    )  # fmt: skip
    assert 'GRANT CONNECT ON DATABASE :"DBNAME" TO "reader"' in backend_for("postgresql").grant_statements(
        environment, "reader"
    )
    assert backend_for("sqlite").grant_statements(environment, "reader") == ()


def test_leaving_the_transaction_behind_the_session_is_found_out(reader_target: Target) -> None:
    with reader_target.open() as session:
        session._connection.execute("COMMIT")  # type: ignore[attr-defined]  # as above
        with pytest.raises(CannotJudge, match="taken out of its read-only transaction"):
            session.query("SELECT 1")


def test_another_transaction_in_its_place_is_found_out(reader_target: Target) -> None:
    with reader_target.open() as session:
        for statement in ("COMMIT", "BEGIN READ ONLY", "SAVEPOINT dbops"):
            session._connection.execute(statement)  # type: ignore[attr-defined]  # as above
        with pytest.raises(CannotJudge, match="another transaction is open"):
            session.verify()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SET LOCAL row_security = on", "row_security was 'off' and is 'on'"),
        ("SET LOCAL statement_timeout = 0", "statement_timeout was '20s' and is '0'"),
        ("SET LOCAL search_path = evil", "search_path was"),
        ("SELECT pg_current_xact_id()", "a transaction id was assigned"),
        ("SELECT pg_advisory_lock(7)", "advisory_locks was '0' and is '1'"),
    ],
)
def test_changed_settings_are_found_out(statement: str, said: str, reader_target: Target) -> None:
    with reader_target.open() as session:
        session._connection.execute(statement)  # type: ignore[attr-defined]  # as above
        with pytest.raises(CannotJudge, match=said):
            session.verify()
        # The server keeps a lock for a moment after its client has gone: the next test would see it, and see it go.
        session._connection.execute("SELECT pg_advisory_unlock_all()")  # type: ignore[attr-defined]  # as above


def test_failure_behind_the_session_does_not_spoil_the_next_statement(reader_target: Target) -> None:
    with reader_target.open() as session:
        with pytest.raises(psycopg.Error):
            session._connection.execute("DELETE FROM invoice")  # type: ignore[attr-defined]  # as above
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        session.verify()


def run_all(execute: Callable[[str], object], statements: tuple[str, ...]) -> None:
    for statement in statements:
        execute(statement)
