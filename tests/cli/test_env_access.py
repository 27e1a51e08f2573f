"""`dbops env access`: the present state as a matrix that the gate of the same database passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.cli.conftest import Project
from tests.fix_postgres import ScratchDatabase

STATE = (
    "CREATE TABLE customer (id bigint PRIMARY KEY, email text)",
    "CREATE TABLE invoice (id bigserial PRIMARY KEY)",
    "CREATE FUNCTION one(a bigint) RETURNS bigint LANGUAGE sql AS 'SELECT a'",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",  # which it has by itself on PostgreSQL 14
    "GRANT USAGE ON SCHEMA public TO APP",
    "GRANT SELECT, INSERT ON customer TO APP",
    "GRANT SELECT ON invoice TO APP",
    "GRANT UPDATE (email) ON customer TO APP",
    "GRANT USAGE ON SEQUENCE invoice_id_seq TO APP",
    "REVOKE EXECUTE ON FUNCTION one(bigint) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION one(bigint) TO APP",
    "GRANT SELECT ON customer, invoice TO READER",
    "GRANT READER TO APP",
    "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner GRANT SELECT ON TABLES TO READER",
)


@pytest.fixture
def granted(postgres_database: ScratchDatabase) -> Iterator[ScratchDatabase]:
    """A database in which two roles have rights."""
    with closing(psycopg.connect(postgres_database.superuser_url, autocommit=True)) as connection:

        def run(statement: str) -> None:
            named = statement.replace("APP", f"{postgres_database.name}_app")
            connection.execute(named.replace("READER", f"{postgres_database.name}_reader").encode())

        run("CREATE ROLE APP LOGIN")
        run("CREATE ROLE READER")
        run("SET ROLE dbops_owner")
        for statement in STATE[:3]:
            run(statement)
        run("RESET ROLE")
        for statement in STATE[3:]:
            run(statement)
        yield postgres_database
        run("DROP OWNED BY APP, READER CASCADE")
        run("DROP ROLE APP, READER")


def test_what_is_printed_is_what_the_gate_finds_in_order(
    project: Project, granted: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKS_URL", granted.superuser_url)
    environment = '[project]\nchecks = ["checks"]\n[env.books]\nkind = "staging"\nrequire = []\nurl = "env:BOOKS_URL"\n'
    project.write("dbops.toml", environment)
    printed = project.dbops("env", "access", "books").out
    app, reader = f"{granted.name}_app", f"{granted.name}_reader"
    assert printed.splitlines()[1:] == [
        "[access]",
        'owner = "dbops_owner"',
        "",
        f"[access.roles.{app}]",
        'attributes = ["login"]',
        f'member_of = ["{reader}"]',
        'schemas = { public = ["USAGE"] }',
        'tables = { customer = ["SELECT", "INSERT"], invoice = ["SELECT"] }',
        'columns = { "customer.email" = ["UPDATE"] }',
        'sequences = { invoice_id_seq = ["USAGE"] }',
        'functions = { "one(a bigint)" = ["EXECUTE"] }',
        "",
        f"[access.roles.{reader}]",
        'tables = { "*" = ["SELECT"] }',
        'default_tables = ["SELECT"]',
    ]
    project.write("dbops.toml", environment + printed)
    wanted = [f"ACC00{number}" for number in range(1, 7)]
    report = project.dbops("health", "--env", "books", "--format", "json", *(f"--check={code}" for code in wanted)).json
    told = {result["code"]: [finding["message"] for finding in result["findings"]] for result in report["results"]}
    assert told == {code: [] for code in wanted}


def test_a_file_has_no_roles(project: Project) -> None:
    answer = project.dbops("env", "access", "staging")
    assert (answer.code, answer.out) == (0, "# sqlite has no roles: protect the file of 'staging' (chmod 0600)\n")
