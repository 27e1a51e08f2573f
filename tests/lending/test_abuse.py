"""Tests that behave badly, in any order: each finds the database as the template has it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from pytest_dbops.operations.fixtures.handles import TestDatabase

Look = Callable[[TestDatabase], Mapping[str, str]]

INSERT = "INSERT INTO currency (code, minor_units, smallest_amount, name) VALUES ('XQX', 2, 1, 'made')"
BOTH: dict[str, str] = {
    "commits a row": INSERT,
    "changes rows": "UPDATE country SET name = 'Nowhere'",
    "deletes rows": "DELETE FROM time_entry",
    "deletes what was there and adds": f"DELETE FROM time_entry; {INSERT}",
    "makes a table": "CREATE TABLE made (id integer PRIMARY KEY); INSERT INTO made VALUES (1)",
    "adds a column": "ALTER TABLE customer ADD COLUMN made integer",
    "drops a table": "DROP TABLE attachment",
    "keeps a transaction": f"BEGIN; {INSERT}",
    "reads": "SELECT * FROM invoice",
}
POSTGRESQL: dict[str, str] = {
    "truncates": "TRUNCATE time_entry RESTART IDENTITY CASCADE",
    "advances a sequence": "SELECT nextval(pg_get_serial_sequence('app_user', 'id')) FROM generate_series(1, 40)",
    "sets a sequence": "SELECT setval(pg_get_serial_sequence('app_user', 'id'), 1, false)",
    "restarts a sequence": "ALTER TABLE app_user ALTER id RESTART WITH 9000",
    "sets a setting of the database": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''1MB''',"
    " current_database()); END $$",
    "grants on the database": "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC',"
    " current_database()); END $$",
    "sets a setting of the role": "ALTER ROLE CURRENT_USER SET search_path = nowhere",
    "locks": "SELECT pg_advisory_lock(7)",
    "makes a temporary table": "CREATE TEMPORARY TABLE hidden AS SELECT 1 AS one",
    "makes a role": "CREATE ROLE dbops_abuse LOGIN; GRANT SELECT ON customer TO dbops_abuse",
    "makes a large object": "SELECT lo_from_bytea(0, 'made')",
    "writes without triggers": f"SET session_replication_role = replica; {INSERT}",
    "drops what watches": "DROP EVENT TRIGGER dbops_fixture_altered; CREATE TABLE made (id integer)",
    "changes the server": "ALTER SYSTEM SET work_mem = '2MB'",
}
AS_SUPERUSER = {
    "makes a role", "makes a large object", "writes without triggers", "drops what watches", "changes the server",
    "deletes rows", "changes rows", "truncates", "deletes what was there and adds",
}  # fmt: skip
CHANCES, SAMPLE = 500, 9
forgotten: list[Any] = []
pristine: dict[str, Mapping[str, str]] = {}


def script_of(dialect: str, number: int) -> tuple[str, str]:
    """Return one way to misbehave, by chance but the same in every run."""
    ways = BOTH | (POSTGRESQL if dialect == "postgresql" else {})
    return random.Random(number).choice(sorted(ways.items()))


def run(database: TestDatabase, name: str, script: str) -> None:
    """Run a script over a connection that is never closed."""
    if database.dialect == "sqlite":
        lite = sqlite3.connect(database.url.partition(":///")[2], isolation_level=None)
        forgotten.append(lite)
        lite.execute("PRAGMA busy_timeout = 100")
        for statement in script.split("; "):
            lite.execute(statement)
        return
    connection = psycopg.connect(database.admin_url if name in AS_SUPERUSER else database.url, autocommit=True)
    forgotten.append(connection)
    connection.execute("SET lock_timeout = '1s'")
    connection.execute(script.encode())


@pytest.fixture(autouse=True, scope="module")
def in_the_end() -> Iterator[None]:
    """Close what is still open at our end."""
    yield
    close_forgotten()


def close_forgotten() -> None:
    """Close our ends of connections whose tests are over."""
    while forgotten:
        forgotten.pop().close()


def check(database: TestDatabase, look: Look) -> None:
    close_forgotten()
    found = look(database)
    assert found == pristine.setdefault(database.dialect, found)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Misbehave by chance a few times, or five hundred."""
    if "chance" in metafunc.fixturenames:
        is_full = metafunc.config.getoption("--faults") == "full"
        metafunc.parametrize("chance", range(CHANCES if is_full else SAMPLE))


@pytest.mark.filterwarnings("ignore::pytest_dbops.plugin.lending.DbopsLeakWarning")
@pytest.mark.parametrize("way", [*BOTH, *POSTGRESQL])
def test_every_way_to_misbehave_stays_in_its_test(dbops_database: TestDatabase, look: Look, way: str) -> None:
    if dbops_database.dialect == "sqlite" and way in POSTGRESQL:
        pytest.skip("PostgreSQL only")
    check(dbops_database, look)
    run(dbops_database, way, (BOTH | POSTGRESQL)[way])


@pytest.mark.filterwarnings("ignore::pytest_dbops.plugin.lending.DbopsLeakWarning")
def test_ways_to_misbehave_in_any_order_stay_in_their_tests(
    dbops_database: TestDatabase, look: Look, chance: int
) -> None:
    check(dbops_database, look)
    for number in range(chance % 4):
        with suppress(psycopg.Error, sqlite3.Error):  # what another way has done before may forbid it
            run(dbops_database, *script_of(dbops_database.dialect, 1000 * chance + number))
    if chance % 3 == 0:
        forgotten.extend(opened(dbops_database) for _ in range(20))


def opened(database: TestDatabase) -> Any:
    """Return a connection that nobody closes."""
    if database.dialect == "sqlite":
        return sqlite3.connect(database.url.partition(":///")[2])
    return psycopg.connect(database.url)
