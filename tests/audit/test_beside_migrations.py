"""A trail beside migrations: as statements in one of them, in copies of a schema, and in what is compared."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pytest_dbops.backends import backend_for
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.environment import Expectation
from pytest_dbops.migrating.urls import own_url
from tests.audit.conftest import LIMITS, Audited


def catalog(project: Audited) -> Catalog:
    """Return the schema as a gate sees it."""
    backend = backend_for(project.dialect)
    with backend.open_session(project.url, limits=LIMITS, expect=Expectation(), application="tests") as session:
        return backend.read_catalog(session)


def test_statements_for_a_migration_make_all_that_install_makes(project: Audited) -> None:
    statements = project.dbops("install", "--sql", "--format", "json").json["statements"]
    engine = create_engine(own_url(project.url), poolclass=NullPool)
    with engine.begin() as connection:  # as alembic's op.execute does
        for statement in statements:
            connection.execute(text(statement))
    assert project.dbops("install", "--format", "json").json["statements"] == []
    project.run("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
    assert project.dbops("seal").code == 0
    assert project.verified().is_whole
    printed = project.dbops("install", "--sql").out
    assert all(f"{statement};" in printed for statement in statements)


def test_trail_is_no_part_of_the_schema_that_is_compared(project: Audited) -> None:
    before = catalog(project)
    project.dbops("install")
    after = catalog(project)
    assert after.fingerprint == before.fingerprint
    assert after.tables == before.tables


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_copy_of_a_schema_leaves_the_trail_behind(audited: Audited) -> None:
    from pytest_dbops.backends.sqlite.schema_copy import read_schema

    backend = backend_for("sqlite")
    with backend.open_session(audited.url, limits=LIMITS, expect=Expectation(), application="tests") as session:
        assert [sql for sql in read_schema(session) if "dbops" in sql] == []


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_dump_of_a_schema_leaves_the_trail_behind(project: Audited) -> None:
    from pytest_dbops.backends.postgresql.schema_copy import dump_schema
    from pytest_dbops.provisioning.dump_tools import find_dump_tool

    project.run('CREATE TABLE "It\'s ""odd""" (id integer PRIMARY KEY, "a b" text)')
    project.configure("", replacing={'"party"]': '"party", "It*"]'})
    assert project.dbops("install").code == 0
    major = catalog(project).server_version // 10_000
    dumped = dump_schema(project.url, find_dump_tool(major, bindirs=()).path, limits=LIMITS).text
    statements = [line for line in dumped.splitlines() if not line.startswith("--")]
    assert [line for line in statements if "dbops" in line] == []
    assert 'CREATE TABLE public."It\'s ""odd"""' in dumped
