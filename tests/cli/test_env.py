"""`dbops env`: the list, a ping, and a role that really may only read."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from tests.cli.conftest import Project
from tests.fix_postgres import PsycopgAdmin, ScratchDatabase

PRODUCTION = '\n[env.production]\nurl = "env:PRODUCTION"\n'


@pytest.fixture
def granted_role(postgres_database: ScratchDatabase) -> Iterator[str]:
    """The role of a test alone, as roles are of the whole server; gone afterwards."""
    role = f"{postgres_database.name}_gate"
    yield role
    with closing(PsycopgAdmin(postgres_database.superuser_url)) as admin:
        admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_list_shows_references_never_what_is_behind_them(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODUCTION", "postgresql://clerk:planted-pw@db.invalid/books")
    project.append(PRODUCTION)
    answer = project.dbops("env", "list")
    lines = [line.split()[:4] for line in answer.out.splitlines()]
    assert ["production", "production", "postgresql", "env:PRODUCTION"] in lines
    assert "db.invalid" not in answer.out


def test_ping_says_where_it_leads(
    project: Project, postgres_database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODUCTION", postgres_database.url)
    project.append(PRODUCTION)
    answer = project.dbops("env", "ping", "production", "--format", "json").json
    assert (answer["database"], answer["server"].split()[0]) == (postgres_database.name, "PostgreSQL")


def test_grant_of_an_unset_url_names_the_database_by_psqls_variable(project: Project) -> None:
    project.append(PRODUCTION)
    answer = project.dbops("env", "grant", "production")
    assert (answer.code, answer.err) == (0, "")
    assert 'GRANT CONNECT ON DATABASE :"DBNAME" TO "dbops_gate";' in answer.out


def test_grant_takes_the_database_the_handshake_expects(project: Project) -> None:
    project.append(PRODUCTION + '\n[env.production.expect]\ndatabase = "Books"\n')
    assert 'ON DATABASE "Books" TO' in project.dbops("env", "grant", "production").out


def test_grant_of_an_embedded_environment_prints_statements_too(project: Project) -> None:
    assert 'CREATE ROLE "watcher" LOGIN' in project.dbops("env", "grant", "testing", "--role", "watcher").out


def test_grant_on_sqlite_says_what_protects_a_file(project: Project) -> None:
    answer = project.dbops("env", "grant", "staging")
    assert (answer.code, answer.out) == (0, "-- sqlite has no roles: protect the file of 'staging' (chmod 0400)\n")


def test_granted_role_reads_and_cannot_write(
    project: Project, postgres_database: ScratchDatabase, granted_role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODUCTION", postgres_database.superuser_url)
    project.append(PRODUCTION)
    with postgres_database.connect() as connection:
        connection.execute("CREATE TABLE note (id integer PRIMARY KEY)")
    statements = project.dbops("env", "grant", "production", "--role", granted_role, "--format", "json").json[
        "statements"
    ]
    with closing(PsycopgAdmin(postgres_database.superuser_url)) as admin:
        for statement in statements:
            admin.execute(statement)
    with psycopg.connect(postgres_database.server.url(postgres_database.name, role=granted_role)) as reader:
        assert reader.execute("SELECT count(*) FROM note").fetchone() == (0,)
        reader.rollback()
        reader.execute("SET default_transaction_read_only = off")
        reader.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("INSERT INTO note VALUES (1)")


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not on this machine")
def test_printed_statements_are_a_script_for_psql(
    project: Project, postgres_database: ScratchDatabase, granted_role: str
) -> None:
    project.append(PRODUCTION)
    script = project.dbops("env", "grant", "production", "--role", granted_role).out
    done = subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-q", postgres_database.superuser_url], input=script, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    with psycopg.connect(postgres_database.server.url(postgres_database.name, role=granted_role)) as reader:
        query = sql.SQL("SELECT has_database_privilege({}, current_database(), 'CONNECT')").format(granted_role)
        assert reader.execute(query).fetchone() == (True,)


def test_file_of_a_sqlite_environment_is_not_called_a_host(project: Project) -> None:
    answer = project.dbops("env", "ping", "staging")
    assert (answer.code, "  host " in answer.out) == (0, False)
    assert f"  file        {project.path / 'staging.sqlite3'}\n" in answer.out
