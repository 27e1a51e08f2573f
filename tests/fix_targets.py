"""Databases as a gate finds them, one of each product, with a look at everything that could have changed.

target              a small accounting database of the product given by indirect parametrisation
postgresql_target   the same, on PostgreSQL, with its owner, its superuser and a reader that may only look
sqlite_target       the same, as a SQLite file
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.session import Backend, Limits, Session
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from tests.fix_postgres import OWNER, PsycopgAdmin, ScratchDatabase

PATIENT = Limits(connect_timeout_s=10, statement_timeout_s=20, lock_timeout_s=5)
HASTY = Limits(connect_timeout_s=2, statement_timeout_s=0.2, lock_timeout_s=0.1)
PRODUCTS = ("postgresql", "sqlite")

SCHEMA = """
CREATE TABLE customer (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE invoice (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), cents integer);
CREATE INDEX invoice_customer ON invoice (customer_id);
INSERT INTO customer (id, name) VALUES (1, 'Ada Example'), (2, 'Bo Example');
INSERT INTO invoice (id, customer_id, cents) VALUES (1, 1, 100), (2, 1, 250), (3, 2, 70);
"""

POSTGRESQL_EXTRAS = """
CREATE SEQUENCE invoice_number;
CREATE FUNCTION write_customer() RETURNS integer LANGUAGE sql AS
  $$ INSERT INTO customer (id, name) VALUES (99, 'written') RETURNING id $$;
CREATE FUNCTION write_deeply() RETURNS integer LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'UPDATE invoice SET cents = 0'; RETURN 1; END $$;
CREATE FUNCTION set_deeply(name text, value text) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RETURN set_config(name, value, false); END $$;
CREATE PROCEDURE write_and_commit() LANGUAGE plpgsql AS
  $$ BEGIN UPDATE invoice SET cents = 0; COMMIT; END $$;
CREATE VIEW writing_view AS SELECT write_customer() AS id;
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A database under guard; `state` is a digest of all that a gate must leave alone, by what it is of."""

    backend: Backend
    url: str
    state: Callable[[], Mapping[str, str]]
    superuser_url: str = ""

    def open(
        self, *, limits: Limits = PATIENT, expect: Expectation | None = None, url: str | None = None
    ) -> AbstractContextManager[Session]:
        """Open a gate's session on the database, as its owner unless another URL is given."""
        return self.backend.open_session(
            url or self.url, limits=limits, expect=expect or Expectation(), application="dbops test"
        )


@pytest.fixture(scope="session")
def postgresql_target(start_postgres: Callable[[int | None], ScratchServer]) -> Iterator[Target]:
    with accounting_database(start_postgres(None)) as database, watched(database.superuser_url) as state:
        yield Target(backend_for("postgresql"), database.url, state, database.superuser_url)


@contextmanager
def accounting_database(server: ScratchServer) -> Iterator[ScratchDatabase]:
    """Make the small accounting database on a server for the length of a block."""
    with closing(PsycopgAdmin(server.admin_url)) as admin:
        name = new_name(server)
        create_role(server, admin, OWNER)
        create_database(server, admin, name, owner=OWNER)
        database = ScratchDatabase(server, name)
        with database.connect() as connection:
            connection.execute(SCHEMA)
            connection.execute(POSTGRESQL_EXTRAS)
        yield database
        drop_database(server, admin, name)


@pytest.fixture
def sqlite_target(tmp_path: Path) -> Target:
    folder = tmp_path / "target"
    folder.mkdir()
    make_sqlite(folder / "books.db")
    return Target(backend_for("sqlite"), f"sqlite:///{folder / 'books.db'}", lambda: folder_state(folder))


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Target:
    """The database of the product in `@pytest.mark.parametrize("target", PRODUCTS, indirect=True)`."""
    made: Target = request.getfixturevalue(f"{request.param}_target")
    return made


def make_sqlite(file: Path, *, journal_mode: str = "delete") -> None:
    """Make the small accounting database as a SQLite file."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal_mode}")
        connection.executescript(SCHEMA)


def folder_state(folder: Path) -> Mapping[str, str]:
    """Return the digest of every file in a folder, by name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


@contextmanager
def watched(superuser_url: str) -> Iterator[Callable[[], Mapping[str, str]]]:
    """Give a function that returns digests of rows, objects, roles, settings, locks and all a statement could leave.

    It asks over one connection: most of what a look costs is to connect and to read the catalog for the first time.
    """
    with psycopg.connect(superuser_url, autocommit=True, prepare_threshold=None) as connection:
        yield lambda: _state(connection)


def _state(connection: psycopg.Connection) -> Mapping[str, str]:
    tables = connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    queries = {name: f"SELECT * FROM {name} AS t ORDER BY t" for (name,) in tables} | POSTGRESQL_STATE
    found = {name: repr(connection.execute(sql).fetchall()) for name, sql in queries.items()}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in found.items()}


POSTGRESQL_STATE = {
    "sequences": "SELECT last_value, is_called FROM invoice_number",
    "relations": "SELECT oid, relname, relowner, relacl::text FROM pg_class ORDER BY oid",
    "functions": "SELECT oid, proname, xmin::text FROM pg_proc ORDER BY oid",
    "schemas": "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1",
    "roles": "SELECT rolname, rolsuper, rolconfig::text FROM pg_roles WHERE rolname ~ '^(evil|dbops_owner)' ORDER BY 1",
    # Tests beside this one make roles of their own on the server, and settings of shared ones in their own databases.
    "settings of roles": "SELECT * FROM pg_db_role_setting"
    " WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " OR setdatabase = 0 AND setrole IN (SELECT oid FROM pg_roles WHERE rolname ~ '^(evil|dbops_owner)') ORDER BY 1, 2",
    "settings in files": "SELECT name, setting FROM pg_file_settings ORDER BY seqno",
    "large objects": "SELECT oid FROM pg_largeobject_metadata ORDER BY 1",
    "comments": "SELECT * FROM pg_description WHERE objoid >= 16384 ORDER BY 1, 2, 3",
    "prepared transactions": "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
    "advisory locks": "SELECT objid FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    "slots": "SELECT slot_name FROM pg_replication_slots WHERE slot_name ~ '^evil'",
    "origins": "SELECT roname FROM pg_replication_origin WHERE roname ~ '^evil'",
    "statistics reset": "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()",
    "extensions": "SELECT extname FROM pg_extension ORDER BY 1",
}
