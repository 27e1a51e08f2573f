"""A schema is copied whole by a role that may only read, and copying waits no longer than it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.catalog import read_catalog
from pytest_dbops.backends.postgresql.schema_copy import dump_schema, prepare_database, put_schema
from pytest_dbops.core.catalog import Catalog, diff
from pytest_dbops.core.catalog.facts import Facet
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.session import Limits
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from pytest_dbops.provisioning.dump_tools import find_dump_tool

SCHEMA = """
CREATE SCHEMA tools;
CREATE SCHEMA x;
CREATE EXTENSION citext WITH SCHEMA tools;
CREATE TYPE x.mood AS ENUM ('good', 'bad');
CREATE TABLE x.t (id serial PRIMARY KEY, mood x.mood, word tools.citext, n int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE parts (a int) PARTITION BY RANGE (a);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (9);
CREATE VIEW v AS SELECT id FROM x.t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON x.t FOR EACH ROW EXECUTE FUNCTION f();
CREATE ROLE {role};
ALTER TABLE x.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON x.t FOR SELECT TO {role} USING (id > 0);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
"""
LIMITS = Limits(5.0, 5.0, 0.2)


class Target:
    """A database with a schema, a role that may only read it, and an empty database for the copy."""

    def __init__(self, server: ScratchServer, names: tuple[str, str]) -> None:
        self.server, (self.name, self.copy) = server, names
        self.reader, self.policy_role = f"{self.name}_reader", f"{self.name}_policy"

    def catalog(self, name: str) -> Catalog:
        """Return the schema of a database."""
        with psycopg.connect(self.server.url(name)) as connection:
            return read_catalog(_Asking(connection))


class _Asking:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.query = lambda sql: connection.execute(sql.encode()).fetchall()


@pytest.fixture
def copied(scratch_postgres: ScratchServer) -> Iterator[Target]:
    """The databases, on the cheapest server."""
    target = Target(scratch_postgres, (new_name(scratch_postgres), new_name(scratch_postgres)))
    with closing(connect_admin(scratch_postgres.admin_url)) as admin:
        create_role(scratch_postgres, admin, target.reader)
        for name in (target.name, target.copy):
            create_database(scratch_postgres, admin, name)
        with closing(connect_admin(scratch_postgres.url(target.name))) as inside:
            inside.execute(SCHEMA.format(role=target.policy_role))
            url = Secret(scratch_postgres.url(target.name))
            environment = Environment("s", Kind.STAGING, "postgresql", url, "", DEFAULT_POLICIES[Kind.STAGING])
            for statement in backend_for("postgresql").grant_statements(environment, target.reader)[1:]:
                if not statement.startswith("--"):
                    inside.execute(statement)
        yield target
        for name in (target.name, target.copy):
            drop_database(scratch_postgres, admin, name)
        for role in (target.reader, target.policy_role):
            admin.execute(f"DROP ROLE IF EXISTS {role}")


def test_copy_is_the_schema_but_for_its_grants(copied: Target) -> None:
    server = copied.server
    tool = find_dump_tool(int(server.version.partition(".")[0]))
    dumped = dump_schema(server.url(copied.name, role=copied.reader), tool.path, limits=LIMITS)
    assert (dumped.extensions, dumped.roles) == ((("citext", "tools"),), (copied.policy_role,))

    assert prepare_database(dumped, server.url(copied.copy)) == ()  # the role is there: it is one server
    put_schema(dumped, server.url(copied.copy), version_table="public.alembic_version", rows=["it's", "b2"])

    facets = {Facet.STRUCTURE, Facet.STATE}
    found = diff(copied.catalog(copied.name), copied.catalog(copied.copy)).only(facets)
    assert found.differences == ()
    with psycopg.connect(server.url(copied.copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("it's",), ("b2",)]


def test_table_that_somebody_locks_is_waited_for_no_longer_than_is_allowed(copied: Target) -> None:
    server = copied.server
    tool = find_dump_tool(int(server.version.partition(".")[0]))
    with psycopg.connect(server.url(copied.name)) as other:
        other.execute("LOCK TABLE x.t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CannotJudge, match=r"somebody locks a table for longer than 0\.2 s"):
            dump_schema(server.url(copied.name, role=copied.reader), tool.path, limits=LIMITS)
