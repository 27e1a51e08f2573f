"""Whatever way an env.py takes its database, it gets the scratch one; or it is refused, and nothing else is touched."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge, PolicyRefused
from tests.operations.conftest import ENV, Database, History

RUN = """
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
START = "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool\nconfig = context.config\n"

ANSWERED = {
    "a URL in the configuration": ENV,
    "engine_from_config": START
    + "from sqlalchemy import engine_from_config\n"
    + "engine = engine_from_config(config.get_section(config.config_ini_section), prefix='sqlalchemy.')\n"
    + "with engine.connect() as connection:"
    + RUN,
    "a connection in the attributes": START + "if connection := config.attributes['connection']:" + RUN,
    "an engine in the attributes": START + "with config.attributes['connection'].connect() as connection:" + RUN,
    "a connection without which it gives up": START
    + "connection = config.attributes.get('connection')\nif connection is None:\n    raise SystemExit('none')\nelse:"
    + RUN,
    "DATABASE_URL": START + "with create_engine(os.environ['DATABASE_URL']).connect() as connection:" + RUN,
    "a variable of its own": START + "with create_engine(os.environ['SHOP_URL']).connect() as connection:" + RUN,
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
    engine = async_engine_from_config(context.config.get_section(context.config.config_ini_section))
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()

asyncio.run(main())
"""

HARDCODED = {
    "an engine of a module": START
    + "engine = create_engine({url!r})\nwith engine.begin() as connection:\n"
    + "    connection.exec_driver_sql('DELETE FROM precious')",
    "an engine with a creator": START
    + "import {driver} as driver\nopen_it = lambda: driver.connect({dsn!r})\n"
    + "engine = create_engine({product!r} + '://', creator=open_it)\n"
    + "with engine.begin() as connection:\n    connection.exec_driver_sql('DELETE FROM precious')",
    "a driver by hand": "import {driver} as driver\nconnection = driver.connect({dsn!r})\n"
    + "connection.execute('DELETE FROM precious')\nconnection.commit()",
    "a refusal it swallows": START + "try:\n    create_engine({url!r}).connect()\nexcept BaseException:\n    pass",
    "an engine it falls back to": START
    + "engine = config.attributes.get('engine') or create_engine({url!r})\nengine.connect()",
    "a fresh .env": START
    + "from dotenv import load_dotenv\nload_dotenv(override=True)\n"
    + "with create_engine(os.environ['DATABASE_URL']).connect() as connection:"
    + RUN,
}


def sqlalchemy_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.mark.parametrize("source", ANSWERED.values(), ids=ANSWERED)
def test_env_is_given_the_scratch_database_however_it_asks(
    source: str, history: History, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlalchemy_url(database.real_url))
    monkeypatch.setenv("SHOP_URL", sqlalchemy_url(database.real_url))
    before = database.real_state()
    history.env(source)

    built = history.build(database.url, variables=("SHOP_URL",))

    assert built.heads == ("r1",)
    assert "first" in database.tables()
    assert database.real_state() == before


@pytest.mark.parametrize("written", ["", "asyncpg"], ids=["no hint", "asyncpg in the ini"])
def test_asynchronous_env_gets_an_asynchronous_driver(written: str, history: History, database: Database) -> None:
    for name in ("aiosqlite", "asyncpg", "greenlet"):
        pytest.importorskip(name)
    history.write("alembic.ini", f"[alembic]\nsqlalchemy.url = postgresql+{written or 'psycopg'}://somewhere/else\n")
    history.env(ASYNC)

    assert history.build(database.url).heads == ("r1",)
    assert "first" in database.tables()


@pytest.mark.parametrize("source", HARDCODED.values(), ids=HARDCODED)
def test_env_of_another_database_is_refused_in_one_line(source: str, history: History, database: Database) -> None:
    before = database.real_state()
    url = sqlalchemy_url(database.real_url)
    driver = "sqlite3" if database.product == "sqlite" else "psycopg"
    history.write(".env", f"DATABASE_URL={url}\n")
    history.env(source.format(url=url, dsn=database.real_dsn, driver=driver, product=url.partition("://")[0]))

    with pytest.raises(PolicyRefused, match="instead of the scratch database they were given") as refused:
        history.build(database.url)

    assert "\n" not in str(refused.value)
    assert database.real_state() == before


def test_refused_fall_back_is_not_needed_where_a_connection_can_be_handed_in(
    history: History, database: Database
) -> None:
    before = database.real_state()
    history.env(
        START
        + "connection = config.attributes.get('connection')\nif connection is None:\n"
        + f"    connection = create_engine({sqlalchemy_url(database.real_url)!r}).connect()\nif True:"
        + RUN
    )

    assert history.build(database.url).heads == ("r1",)
    assert database.real_state() == before


def test_env_of_several_databases_is_refused_in_one_line(history: History, database: Database) -> None:
    before = database.real_state()
    history.write("alembic.ini", f"[alembic]\ndatabases = one\n[one]\nsqlalchemy.url = {database.real_url}\n")
    history.env(
        START
        + "from sqlalchemy import engine_from_config\n"
        + "for name in config.get_main_option('databases').split():\n"
        + "    with engine_from_config(config.get_section(name)).connect() as connection:\n"
        + "        context.configure(connection=connection)\n        context.run_migrations()\n"
    )

    with pytest.raises(PolicyRefused, match="instead of the scratch database"):
        history.build(database.url)

    assert database.real_state() == before


def test_attaching_another_file_is_refused(history: History, sqlite_pair: Database) -> None:
    before = sqlite_pair.real_state()
    history.revision("r2", "r1", f"op.execute(\"ATTACH DATABASE '{sqlite_pair.real_dsn}' AS other\")")

    with pytest.raises(PolicyRefused, match=r"connect to the database '.*real\.sqlite3' instead of the scratch"):
        history.build(sqlite_pair.url)

    assert sqlite_pair.real_state() == before


@pytest.mark.parametrize("statement", ["ATTACH DATABASE '{}' AS other", "VACUUM INTO '{}.copy'"])
def test_driver_by_hand_attaches_no_other_file(history: History, sqlite_pair: Database, statement: str) -> None:
    before = sqlite_pair.real_state()
    text = statement.format(sqlite_pair.real_dsn)
    history.revision("r2", "r1", f'import sqlite3\nsqlite3.connect(":memory:").execute("{text}")')

    with pytest.raises(PolicyRefused, match=r"connect to the database '.*real\.sqlite3.*' instead of the scratch"):
        history.build(sqlite_pair.url)

    assert sqlite_pair.real_state() == before
    assert not Path(f"{sqlite_pair.real_dsn}.copy").exists()


def test_memory_of_sqlite_is_nobodys_database(history: History, database: Database) -> None:
    history.revision(
        "r2",
        "r1",
        "sa.create_engine('sqlite://').connect()\nimport sqlite3\nsqlite3.connect(':memory:').execute('SELECT 1')",
    )

    assert history.build(database.url).heads == ("r2",)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg", "psycopg_pool"])
def test_driver_by_hand_finds_the_scratch_database_in_the_variable_and_no_other(
    driver: str, history: History, postgresql_pair: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if driver != "psycopg":
        pytest.importorskip(driver)
    monkeypatch.setenv("DATABASE_URL", postgresql_pair.real_url)
    statement = "'CREATE TABLE by_hand (id integer)'"
    of = {
        "psycopg": "with psycopg.connect({}) as c: c.execute({})",
        "psycopg2": "with psycopg2.connect({}) as c: c.cursor().execute({})",
        "psycopg_pool": "with psycopg_pool.ConnectionPool({}, timeout=3, open=True).connection() as c: c.execute({})",
        "asyncpg": (
            "import asyncio\nasync def go():\n  c = await asyncpg.connect({})\n  await c.execute({})\nasyncio.run(go())"
        ),
    }[driver]
    before = postgresql_pair.real_state()
    history.env(f"import os, {driver}\n" + of.format("os.environ['DATABASE_URL']", statement) + ENV)

    history.build(postgresql_pair.url)

    assert "by_hand" in postgresql_pair.tables()
    history.env(f"import os, {driver}\n" + of.format(repr(postgresql_pair.real_url), statement) + ENV)
    with pytest.raises(PolicyRefused, match="instead of the scratch database"):
        history.build(postgresql_pair.url)
    assert postgresql_pair.real_state() == before


def test_variables_of_libpq_are_gone(
    history: History, postgresql_pair: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGSERVICE", "PGPASSWORD", "PGOPTIONS", "PGSERVICEFILE"):
        monkeypatch.setenv(name, "somewhere")
    monkeypatch.setenv("SHADOW_DATABASE_URL", "postgresql://admin:hidden@scratch.invalid/")
    history.env(
        "import os\nleft = [n for n in os.environ if n.startswith(('PG', 'SHADOW'))]\nassert not left, left" + ENV
    )

    assert history.build(postgresql_pair.url).heads == ("r1",)


def test_variable_keeps_the_way_its_url_was_written(
    history: History, postgresql_pair: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("asyncpg")
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://real.invalid/shop")
    monkeypatch.setenv("SHOP_URL", "postgres://real.invalid/shop")
    history.env(
        "import os\nassert os.environ['DATABASE_URL'].startswith('postgresql+asyncpg://')\n"
        "assert os.environ['SHOP_URL'].startswith('postgresql://')" + ENV
    )

    assert history.build(postgresql_pair.url, variables=("SHOP_URL",)).heads == ("r1",)


def test_logging_path_and_output_of_the_project_do_not_disturb_us(
    history: History, database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    history.env(
        "import logging.config, sys\nlogging.config.dictConfig({'version': 1, 'disable_existing_loggers': True})\n"
        "sys.path.insert(0, '/nowhere')\nprint('{\"done\": 1}')\n"
        "sys.stdout.write('x' * 200_000)\nsys.stderr.write('y' * 200_000)\nsys.stdin.read()" + ENV
    )
    history.revision("r2", "r1", 'print(\'{"error": "not ours"}\', flush=True)')

    assert history.build(database.url).heads == ("r2",)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys\nsys.exit('set SHOP_MODE first')", "SystemExit: set SHOP_MODE first"),
        ("import os\nos._exit(9)", "the process that builds the database ended with 9"),
        ("raise KeyError('SHOP_MODE')", "KeyError: 'SHOP_MODE'"),
        ("this is no Python", "SyntaxError"),
        ("x = 1", "env.py ended without running any migration"),
    ],
    ids=["exits", "ends the process", "raises", "is no Python", "does nothing"],
)  # fmt: skip
def test_env_that_does_not_migrate_is_one_line(source: str, said: str, history: History, sqlite_pair: Database) -> None:
    history.env(source)

    with pytest.raises(CannotJudge) as failed:
        history.build(sqlite_pair.url)

    assert said in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("with context.begin_transaction():", "if connection.begin():"),
        ("context.run_migrations()", "context.run_migrations()\n        connection.rollback()"),
    ],
    ids=["never commits", "rolls back"],
)
def test_env_that_loses_what_it_did_is_found_out(
    old: str, new: str, history: History, postgresql_pair: Database
) -> None:
    history.env(ENV.replace(old, new))

    with pytest.raises(CannotJudge, match=r"not at their heads: r1 is not applied \(does env.py commit"):
        history.build(postgresql_pair.url)


def test_folder_called_alembic_with_a_package_in_it_hides_nothing(history: History, database: Database) -> None:
    history.write("alembic/__init__.py", "raise RuntimeError('this is the project, not the library')")
    history.write("secrets.py", "raise RuntimeError('this is the project, not the library')")
    history.write("shop/models.py", "NAME = 'shop'")
    history.env("from shop.models import NAME" + ENV)

    assert history.build(database.url).heads == ("r1",)


def test_offline_branch_of_an_env_is_not_taken(history: History, database: Database) -> None:
    history.env("from alembic import context\nassert not context.is_offline_mode()" + ENV)

    assert history.build(database.url).heads == ("r1",)


def test_thread_and_process_left_running_do_not_keep_us(history: History, sqlite_pair: Database) -> None:
    history.env(
        "import subprocess, sys, threading\nfrom pathlib import Path\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import threading; threading.Event().wait()'])\n"
        "Path('left').write_text(str(left.pid))" + ENV
    )

    try:
        assert history.build(sqlite_pair.url).heads == ("r1",)
    finally:
        os.kill(int((history.path / "left").read_text()), signal.SIGKILL)
    assert "first" in sqlite_pair.tables()
