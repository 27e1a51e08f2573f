"""Every kind of env.py is walked on its own terms: what it takes, its driver, its version table, its folders."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.errors import CannotJudge, ConfigError, PolicyRefused
from pytest_dbops.core.walk import Walk
from tests.fix_postgres import ScratchDatabase
from tests.migrations.conftest import MakeProject
from tests.migrations.defects import add, drop, sql, table
from tests.migrations.project import Project, all_said

START = """import os
from alembic import context
from sqlalchemy import create_engine, pool, text
config = context.config
"""
RUN = """
    context.configure(connection=connection{options})
    with context.begin_transaction():
        context.run_migrations()
"""
PLAIN = RUN.format(options="")
OPEN = "with create_engine(config.get_main_option('sqlalchemy.url')).{how} as connection:"

SYNCHRONOUS = {
    "takes a Connection": START + "if connection := config.attributes['connection']:" + PLAIN,
    "takes an Engine": START + "with config.attributes['connection'].connect() as connection:" + PLAIN,
    "takes a URL": START + OPEN.format(how="connect()") + PLAIN,
    "takes nothing": START + "with create_engine(os.environ['DATABASE_URL']).connect() as connection:" + PLAIN,
    "has a transaction of its own": START + OPEN.format(how="begin()") + PLAIN,
    "asks before it configures": START
    + OPEN.format(how="connect()")
    + "\n    connection.execute(text('SELECT 1'))"
    + PLAIN
    + "    connection.commit()\n",
    "begins no transaction, and hands arguments on": START
    + OPEN.format(how="connect()")
    + "\n    context.configure(connection=connection)\n    context.run_migrations(tenant='t')\n",
}

ASYNC = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import async_engine_from_config

def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def main():
    engine = {engine}
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()

asyncio.run(main())
"""
ASYNCHRONOUS = {
    "takes an AsyncEngine": ASYNC.format(engine="context.config.attributes['connection']"),
    "makes an AsyncEngine": ASYNC.format(
        engine="async_engine_from_config(context.config.get_section(context.config.config_ini_section))"
    ),
}


def three_revisions(project: Project, arguments: str = "") -> None:
    """Write a history of which the second revision is guilty."""
    project.revision("a", None, table("one"), 'op.drop_table("one")')
    project.revision("b", "a", table("two") + add("one", "left"), 'op.drop_table("two")')
    project.revision("c", "b", add("one", "x"), drop("one", "x"))
    if arguments:
        for file in (project.path / "migrations/versions").glob("*.py"):
            file.write_text(file.read_text().replace("grade():", f"grade({arguments}):"))


def assert_second_is_guilty(walk: Walk) -> None:
    said = all_said(walk)
    assert {revision: [each.of for each in found] for revision, found in said.items()} == {
        "b": ["reverses", "reapplies"]
    }
    assert "+ column left of table one" in said["b"][0].message
    assert walk.databases == 1


@pytest.mark.parametrize("source", SYNCHRONOUS.values(), ids=SYNCHRONOUS)
def test_env_is_walked_whatever_it_takes(source: str, project: Project) -> None:
    three_revisions(project, "tenant" if "tenant" in source else "")
    project.env(source)

    assert_second_is_guilty(project.walk())


@pytest.mark.parametrize("source", ASYNCHRONOUS.values(), ids=ASYNCHRONOUS)
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "aiosqlite"])
def test_asynchronous_env_is_walked(source: str, driver: str, make_project: MakeProject) -> None:
    for name in (driver, "greenlet"):
        pytest.importorskip(name)
    product = "sqlite" if driver == "aiosqlite" else "postgresql"
    project = make_project(product)
    three_revisions(project)
    project.write("alembic.ini", f"[alembic]\nsqlalchemy.url = {product}+{driver}://somewhere/else\n")
    project.env(source)

    assert_second_is_guilty(project.walk())


def test_old_driver_is_kept(postgresql_project: Project) -> None:
    pytest.importorskip("psycopg2")
    three_revisions(postgresql_project)
    postgresql_project.revision("d", "c", "assert op.get_bind().dialect.driver == 'psycopg2'")
    postgresql_project.write("alembic.ini", "[alembic]\nsqlalchemy.url = postgresql+psycopg2://somewhere/else\n")

    assert_second_is_guilty(postgresql_project.walk())


def test_version_table_of_its_own_is_no_part_of_the_schema(postgresql_project: Project) -> None:
    three_revisions(postgresql_project)
    options = ", version_table='applied', version_table_schema='tool'"
    make_schema = "\n    connection.execute(text('CREATE SCHEMA IF NOT EXISTS tool'))\n    connection.commit()"
    postgresql_project.env(START + OPEN.format(how="connect()") + make_schema + RUN.format(options=options))

    assert_second_is_guilty(postgresql_project.walk())


def test_branches_merges_dependencies_and_several_folders_are_walked_in_order(project: Project) -> None:
    project.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\nversion_locations = %(here)s/migrations/versions %(here)s/more\n"
        "version_path_separator = space\npath_separator = space\n",
    )
    project.revision("a", None, table("one"), 'op.drop_table("one")')
    project.revision("left", "a", add("one", "l"), drop("one", "l"))
    project.revision("right", "a", add("one", "r"), drop("one", "r"))
    project.revision("merge", ("left", "right"), add("one", "m"), drop("one", "m"))
    project.revision("other", None, table("two"), 'op.drop_table("two")', folder="more", labels=("second",))
    project.revision("needs", "other", add("one", "n"), drop("one", "n"), folder="more", depends="merge")
    project.revision("last", "merge", add("two", "x"), drop("two", "x"), depends="second")

    walk = project.walk()

    assert all_said(walk) == {}
    assert walk.heads == ("last", "needs")
    order = [each.revision for each in walk.revisions]
    assert sorted(order) == ["a", "last", "left", "merge", "needs", "other", "right"]
    assert order.index("merge") < order.index("needs") < order.index("last")
    assert [each.file for each in walk.revisions if each.revision == "needs"] == ["more/needs.py"]


def test_baseline_stands_for_what_is_older_than_the_first_revision(project: Project) -> None:
    project.revision("a", None, "raise ValueError('never run')")
    project.revision("b", "a", add("one", "x"), drop("one", "x"))
    project.write("schema.sql", "CREATE TABLE one (id integer PRIMARY KEY);\n")

    walk = project.walk(baseline="schema.sql", first_revision="b")

    assert ([each.revision for each in walk.revisions], all_said(walk)) == (["b"], {})


def test_baseline_that_is_stamped_tells_where_to_go_on(project: Project) -> None:
    project.revision("a", None, "raise ValueError('never run')")
    project.revision("b", "a", add("one", "x"), drop("one", "x"))
    project.write(
        "schema.sql",
        "CREATE TABLE one (id integer PRIMARY KEY);\n"
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);\n"
        "INSERT INTO alembic_version VALUES ('a');\n",
    )

    walk = project.walk(baseline="schema.sql")

    assert ([each.revision for each in walk.revisions], walk.counted, all_said(walk)) == (["b"], ("a",), {})


def test_env_that_never_commits_is_told_at_once(project: Project) -> None:
    three_revisions(project)
    project.env(START + OPEN.format(how="connect()") + "\n    connection.execute(text('SELECT 1'))" + PLAIN)

    with pytest.raises(CannotJudge, match=r"env\.py runs all migrations and commits none of them"):
        project.walk()


FLASK = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:////nowhere/of-its-own.sqlite3"
    database = SQLAlchemy(app)
    Migrate(app, database)
    return app
"""


def flask_migrate(project: Project) -> None:
    """Write what `flask db init` writes."""
    template = Path(str(importlib.resources.files("flask_migrate"))) / "templates" / "flask"
    project.env((template / "env.py").read_text())
    project.write("migrations/alembic.ini", (template / "alembic.ini.mako").read_text())


def test_env_of_flask_migrate_is_walked_within_its_application(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_revisions(project)
    flask_migrate(project)
    project.write("shop.py", FLASK)
    project.write(".flaskenv", "FLASK_APP=shop:create_app\nPGOPTIONS=--no-such-option\n")
    monkeypatch.delenv("FLASK_APP", raising=False)

    assert_second_is_guilty(project.walk())


def test_env_of_flask_migrate_without_an_application_says_how_to_name_one(sqlite_project: Project) -> None:
    three_revisions(sqlite_project)
    flask_migrate(sqlite_project)

    with pytest.raises(ConfigError, match=r"inside a Flask application.*FLASK_APP=package:create_app"):
        sqlite_project.walk()


@pytest.fixture
def real(postgres_database: ScratchDatabase) -> Iterator[ScratchDatabase]:
    """A database that is somebody's real one."""
    with closing(postgres_database.connect(autocommit=True)) as connection:
        connection.execute(b"CREATE TABLE precious (id integer)")
    yield postgres_database


def test_env_of_a_real_database_is_refused_and_touches_nothing(
    real: ScratchDatabase, postgresql_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_revisions(postgresql_project)
    url = real.url.replace("postgresql://", "postgresql+psycopg://", 1)
    postgresql_project.env(START + f"with create_engine({url!r}).connect() as connection:" + PLAIN)
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(PolicyRefused, match="instead of the scratch database"):
        postgresql_project.walk()

    with psycopg.connect(real.url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200"
        ).fetchall()
    assert tables == [("precious",)]


def test_connection_that_env_holds_beside_is_no_obstacle(sqlite_project: Project) -> None:
    three_revisions(sqlite_project)
    held = (
        "\nheld = create_engine(config.get_main_option('sqlalchemy.url')).connect()\nheld.execute(text('SELECT 1'))\n"
    )
    sqlite_project.env(START + held + OPEN.format(how="connect()") + PLAIN)

    assert_second_is_guilty(sqlite_project.walk())


def test_rows_that_a_step_changes_are_as_they_were_for_the_next(project: Project) -> None:
    project.revision("a", None, table("one") + sql("INSERT INTO one (id) VALUES (1)"), 'op.drop_table("one")')
    project.revision("b", "a", "pass", sql("DELETE FROM one"))
    project.revision("c", "b", "assert op.get_bind().scalar(sa.text('SELECT count(*) FROM one')) == 1")

    walk = project.walk()

    assert [each.is_applied for each in walk.revisions] == [True, True, True]
    assert {name: [each.of for each in said] for name, said in all_said(walk).items()} == {
        "b": ["keeps_data"],
        "c": ["keeps_data"],
    }
