"""`dbops migrate sql`: the SQL that would run; nothing is connected to but the version table, and that only to read."""

from __future__ import annotations

import pytest

from pytest_dbops.cli.migrations.sql import JSON
from tests.cli.migrations import Migrations

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def made(text: str) -> list[str]:
    """Return the names of the tables a text makes or drops, in order."""
    words = [line.split() for line in text.splitlines()]
    return [each[2].rstrip(";") for each in words if each[:2] in (["CREATE", "TABLE"], ["DROP", "TABLE"])]


def run_script(migrations: Migrations, text: str) -> None:
    """Run the text as a person would, without asking it anything."""
    if migrations.url.startswith("sqlite"):
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(migrations.database_file)) as connection:
            connection.executescript(text)
        migrations.database_file.chmod(0o600)
    else:
        import psycopg

        with psycopg.connect(migrations.url, autocommit=True) as connection:
            connection.execute(text.encode())


def test_pending_sql_brings_the_database_to_the_head(migrations: Migrations) -> None:
    migrations.line("r1", "r2", "r3")
    migrations.alembic("upgrade", "r1")

    answer = migrations.dbops("sql", "--env", "staging")

    assert (answer.code, answer.err) == (0, "")
    assert made(answer.out) == ["t_r2", "t_r3"]
    run_script(migrations, answer.out)
    assert migrations.dbops("status", "--env", "staging", "--format", "json").json["is_at_head"] is True
    assert migrations.rows("SELECT count(*) FROM t_r3") == [(0,)]


def test_sql_from_an_empty_database_makes_the_version_table(migrations: Migrations) -> None:
    migrations.line("r1", "left")
    migrations.revision("right", "r1")
    migrations.revision("merged", ("left", "right"))

    run_script(migrations, migrations.dbops("sql", "--env", "staging").out)

    assert migrations.rows("SELECT version_num FROM alembic_version") == [("merged",)]


def test_downgrade_sql_takes_back_what_is_pending_the_last_first(migrations: Migrations) -> None:
    for name, down in (("r1", None), ("r2", "r1"), ("r3", "r2")):
        migrations.revision(name, down, downgrade=f'op.drop_table("t_{name}")')
    migrations.alembic("upgrade", "r1")

    back = migrations.dbops("sql", "--env", "staging", "--downgrade")
    assert made(back.out) == ["t_r3", "t_r2"]
    migrations.alembic("upgrade", "head")
    run_script(migrations, back.out)

    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r1",)]


def test_database_at_the_head_has_nothing_to_write(migrations: Migrations) -> None:
    migrations.line("r1")
    migrations.alembic("upgrade", "head")
    answer = migrations.dbops("sql", "--env", "staging")
    assert (answer.code, answer.out) == (5, "")
    assert answer.err == "dbops: staging is at the head: nothing is pending\n"


def test_database_that_is_ahead_has_no_sql(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "head")
    (migrations.path / "migrations/versions/r2.py").unlink()
    answer = migrations.dbops("sql", "--env", "staging")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == ("dbops: staging: r2 is no revision of the code (see: dbops migrate status --env staging)\n")


def test_range_connects_nowhere(migrations: Migrations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGING_URL")
    migrations.line("r1", "r2", "r3")

    answer = migrations.dbops("sql", "--env", "staging", "--revisions", "r2:r3", "--format", "json")

    assert (answer.code, answer.err, set(answer.json)) == (0, "", set(JSON.keys))
    assert [(each["id"], made(each["sql"]), each["problem"]) for each in answer.json["revisions"]] == [
        ("r2", ["t_r2"], ""), ("r3", ["t_r3"], "")
    ]  # fmt: skip
    assert "SET version_num='r2'" in answer.json["sql"]
    assert "alembic_version (" not in answer.json["sql"]


NEEDS = {
    "reads": 'names = [row[0] for row in op.get_bind().execute(sa.text("SELECT 1"))]',
    "inspects": "sa.inspect(op.get_bind()).get_table_names()",
    "connects": 'sa.create_engine("sqlite:///elsewhere.db").connect()',
    "connects by hand": 'import sqlite3; sqlite3.connect("elsewhere.db")',
}


@on_sqlite
@pytest.mark.parametrize("name", NEEDS)
def test_revision_that_needs_a_connection_is_said_in_one_line_and_the_text_ends_before_it(
    migrations: Migrations, name: str
) -> None:
    migrations.line("r1")
    migrations.revision("r2", "r1", upgrade=NEEDS[name])
    migrations.revision("r3", "r2")

    answer = migrations.dbops("sql", "--env", "staging", "--revisions", "all")

    assert answer.code == 3
    assert made(answer.out) == ["alembic_version", "t_r1"]
    assert "version_num='r2'" not in answer.out
    assert answer.err.startswith(
        "dbops: revision r2 (r2.py:13) needs a connection, so its SQL cannot be written offline: "
    )
    assert answer.err.count("\n") == 1
    found = migrations.dbops("sql", "--env", "staging", "--revisions", "all", "--format", "json")
    assert found.code == 3
    assert [bool(each["problem"]) for each in found.json["revisions"]] == [False, True, False]
    assert made(found.json["revisions"][2]["sql"]) == ["t_r3"]
    assert not (migrations.path / "elsewhere.db").exists()


@on_sqlite
def test_batch_mode_without_a_table_needs_a_connection(migrations: Migrations) -> None:
    migrations.line("r1")
    batch = 'with op.batch_alter_table("t_r1") as batch:\n        batch.alter_column("id", new_column_name="key")'
    migrations.revision("r2", "r1", upgrade=batch)
    answer = migrations.dbops("sql", "--env", "staging", "--revisions", "r2")
    assert answer.code == 3
    assert answer.err.startswith(
        "dbops: revision r2 (r2.py:13) needs a connection, so its SQL cannot be written offline"
    )


def test_irreversible_downgrade_says_why(migrations: Migrations) -> None:
    migrations.revision("r1", downgrade='raise NotImplementedError("rows are gone")')
    answer = migrations.dbops("sql", "--env", "staging", "--revisions", "r1", "--downgrade")
    assert answer.code == 3
    assert answer.err == "dbops: revision r1 (r1.py:17) cannot be taken back: rows are gone\n"


def test_missing_downgrade_is_one_line(migrations: Migrations) -> None:
    migrations.project.write(
        "migrations/versions/r1.py", "revision = 'r1'\ndown_revision = None\ndef upgrade():\n    pass\n"
    )
    answer = migrations.dbops("sql", "--env", "staging", "--revisions", "r1", "--downgrade")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("dbops: migrations/versions/r1.py:1: revision 'r1' has no function downgrade() (")


ENVS = {
    "no offline mode": (
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        "engine = create_engine(context.config.get_main_option('sqlalchemy.url'))\n"
        "with engine.connect() as connection:\n    context.configure(connection=connection)\n"
        "    context.run_migrations()\n",
        "env.py has no offline mode: it connects to a database, and offline there is none",
    ),
    "does nothing": (
        "from alembic import context\n",
        "env.py has no offline mode: it ends without running any migration",
    ),
    "raises": ("raise ValueError('out of order')\n", "env.py does not run offline: ValueError: out of order"),
    "exits": (
        "import os\nos._exit(3)\n",
        "the process that reads the migrations ended with 3: no word (does env.py, or what it imports, end the"
        " process by os._exit?)",
    ),
    "swallows": (
        "from alembic import context\nimport sqlite3\n"
        "try:\n    sqlite3.connect('elsewhere.db')\nexcept Exception:\n    pass\n",
        "env.py has no offline mode: it connects to a database, and offline there is none",
    ),
}


@on_sqlite
@pytest.mark.parametrize("name", ENVS)
def test_env_that_does_not_run_offline_is_one_line(migrations: Migrations, name: str) -> None:
    migrations.line("r1")
    text, words = ENVS[name]
    migrations.project.write("migrations/env.py", text)
    answer = migrations.dbops("sql", "--env", "staging", "--revisions", "r1")
    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
    assert answer.err.startswith(f"dbops: {words}")
    assert not (migrations.path / "elsewhere.db").exists()


@on_sqlite
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--revisions", "last:0"), 5, "'last:0' holds no revision"),
        (("--revisions", "r9"), 2, "there is no revision 'r9'"),
        (("--revisions", "current"), 2, "'current' needs a database to ask (add: --env NAME)"),
    ],
)
def test_range_without_a_meaning_is_one_line(
    migrations: Migrations, words: tuple[str, ...], code: int, said: str
) -> None:
    migrations.line("r1")
    answer = migrations.dbops("sql", *words)
    assert (answer.code, answer.out, answer.err) == (code, "", f"dbops: {said}\n")


@on_sqlite
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad", "import nowhere_at_all\nrevision = 'bad'\ndown_revision = 'r1'\n", "env.py does not run offline: "),
        ("bad", "revision = (", "migrations/versions/bad.py:1: revision file bad.py is no Python"),
        (
            "self",
            "revision = 'self'\ndown_revision = 'r1'\ndepends_on = 'self'",
            "migrations/versions/self.py:1: revisions",
        ),
    ],
)
def test_broken_history_has_no_sql(migrations: Migrations, name: str, text: str, said: str) -> None:
    migrations.line("r1")
    migrations.project.write(f"migrations/versions/{name}.py", text)
    answer = migrations.dbops("sql", "--revisions", "r1")
    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
    assert answer.err.startswith(f"dbops: {said}")


@on_sqlite
def test_pyproject_may_name_the_scripts(migrations: Migrations) -> None:
    config = pytest.importorskip("alembic.config")
    if "toml_file" not in config.Config.__init__.__code__.co_varnames:
        pytest.skip("alembic before 1.16 reads no pyproject.toml")
    migrations.line("r1")
    migrations.project.write("pyproject.toml", '[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    text = (migrations.path / "dbops.toml").read_text()
    migrations.project.write("dbops.toml", text.replace('"migrations"', '"pyproject.toml"'))
    assert made(migrations.dbops("sql", "--env", "staging", "--revisions", "r1").out) == ["alembic_version", "t_r1"]


@on_sqlite
def test_sql_changes_nothing(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "r1")
    before = (migrations.files(), migrations.database_file.read_bytes())
    migrations.dbops("sql", "--env", "staging")
    assert (migrations.files(), migrations.database_file.read_bytes()) == before
