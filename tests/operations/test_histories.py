"""Histories of every shape reach their heads; one that fails is named by revision, file, line and what was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge, ConfigError
from tests.operations.conftest import ENV, Database, History, create_table


def test_branches_and_their_merge_reach_one_head(history: History, database: Database) -> None:
    history.revision("left", "r1", create_table("left_one"))
    history.revision("right", "r1", create_table("right_one"))
    history.revision("merged", ("left", "right"), create_table("last"))

    built = history.build(database.url)

    assert built.heads == ("merged",)
    assert {"first", "left_one", "right_one", "last"} <= database.tables()
    assert database.rows("SELECT version_num FROM alembic_version") == [("merged",)]
    assert history.told[0] == "migrating 1/4: r1 make r1"
    assert history.told[-1] == "migrating 4/4: merged make merged"


def test_two_heads_and_two_bases_are_all_reached(history: History, database: Database) -> None:
    history.revision("other_base", None, create_table("other"), labels=("other",))
    history.revision("other_head", "other_base", "pass")

    assert history.build(database.url).heads == ("other_head", "r1")
    assert {"first", "other"} <= database.tables()


def test_revision_waits_for_the_one_it_depends_on(history: History, database: Database) -> None:
    history.revision("a_needs_b", "r1", "op.execute('INSERT INTO needed (id) VALUES (1)')", depends="z_needed")
    history.revision("z_needed", None, create_table("needed"))

    assert history.build(database.url).heads == ("a_needs_b", "z_needed")
    assert database.rows("SELECT id FROM needed") == [(1,)]


def test_several_version_locations_are_all_walked(history: History, database: Database) -> None:
    history.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\n"
        "version_locations = %(here)s/migrations/versions %(here)s/plugins/versions\npath_separator = space\n"
        "version_path_separator = space\n",
    )
    history.revision("plugin", None, create_table("plugged"), folder="plugins/versions")

    built = history.build(database.url, migrations="alembic.ini")

    assert built.heads == ("plugin", "r1")
    assert {"migrations/versions", "plugins/versions", "alembic.ini"} <= set(built.read)


def test_version_table_of_the_projects_own_is_found(history: History, database: Database) -> None:
    history.env(ENV.replace("connection=connection", "connection=connection, version_table='schema_history'"))

    assert history.build(database.url).heads == ("r1",)
    assert database.rows("SELECT version_num FROM schema_history") == [("r1",)]


def test_version_table_in_a_schema_is_found(history: History, postgresql_pair: Database) -> None:
    made = "connection.exec_driver_sql('CREATE SCHEMA \"book keeping\"')\n    connection.commit()\n    "
    options = "connection=connection, version_table_schema='book keeping'"
    history.env(
        ENV.replace("context.configure(", made + "context.configure(").replace("connection=connection", options)
    )

    assert history.build(postgresql_pair.url).heads == ("r1",)


def test_scripts_without_any_ini_are_enough(history: History, database: Database) -> None:
    assert history.build(database.url).heads == ("r1",)


def test_ini_of_the_root_is_found_for_a_folder_deep_inside(history: History, database: Database) -> None:
    history.write("alembic.ini", "[alembic]\nscript_location = %(here)s/src/shop/db/migrations\n[shop]\nmode = full\n")
    history.env(
        "from alembic import context\nassert context.config.file_config.get('shop', 'mode') == 'full'" + ENV,
        "src/shop/db/migrations",
    )
    history.revision("r1", None, create_table("first"), folder="src/shop/db/migrations/versions")

    assert history.build(database.url, migrations="src/shop/db/migrations").heads == ("r1",)


def test_settings_in_pyproject_are_heeded(history: History, database: Database) -> None:
    config = pytest.importorskip("alembic.config")
    if not hasattr(config.Config, "toml_file_name") and "toml_file" not in config.Config.__init__.__code__.co_varnames:
        pytest.skip("alembic before 1.16 reads no pyproject.toml")
    history.write("pyproject.toml", '[tool.alembic]\nscript_location = "migrations"\nprepend_sys_path = ["lib"]\n')
    history.write("lib/shapes.py", "NAME = 'first'")
    history.env("from shapes import NAME" + ENV)

    assert history.build(database.url).heads == ("r1",)


def test_source_layout_is_on_the_path(history: History, database: Database) -> None:
    history.write("src/shop/__init__.py", "")
    history.write("src/shop/models.py", "NAME = 'first'")
    history.env("from shop.models import NAME" + ENV)

    built = history.build(database.url)

    assert {"src/shop/__init__.py", "src/shop/models.py"} <= set(built.files)


def test_failing_revision_is_named_with_file_line_and_the_servers_words(history: History, database: Database) -> None:
    history.revision("r2", "r1", 'op.execute("SELECT 1")\nop.execute("INSERT INTO first (colour) VALUES (1)")')

    with pytest.raises(CannotJudge) as failed:
        history.build(database.url)

    assert str(failed.value).startswith("revision r2 (r2.py:10) fails to upgrade: ")
    assert "colour" in str(failed.value)
    assert "\n" not in str(failed.value)


def test_revision_that_exits_is_named_too(history: History, sqlite_pair: Database) -> None:
    history.revision("r2", "r1", "raise SystemExit('no way')")

    with pytest.raises(CannotJudge, match=r"revision r2 \(r2.py:9\) fails to upgrade: SystemExit: no way"):
        history.build(sqlite_pair.url)


NEEDS = {
    "a column": 'op.add_column("users", sa.Column("state", sa.Text))',
    "a statement": 'op.execute("UPDATE users SET id = 1")',
    "a reflection": 'with op.batch_alter_table("users", recreate="always") as batch:\n'
    '    batch.add_column(sa.Column("state", sa.Text))',
}


@pytest.mark.parametrize("upgrade", NEEDS.values(), ids=NEEDS)
def test_history_that_does_not_start_from_empty_is_told_the_way_out(
    upgrade: str, history: History, database: Database
) -> None:
    history.revision("r2", "r1", upgrade)

    with pytest.raises(CannotJudge) as failed:
        history.build(database.url)

    assert "migrations do not start from an empty database: revision r2 (r2.py:" in str(failed.value)
    assert "needs table 'users', which no earlier revision creates" in str(failed.value)
    assert '[project] baseline = "schema.sql" or "module:function", first_revision = "r2"' in str(failed.value)


@pytest.mark.parametrize(
    "elsewhere",
    [create_table("users"), "op.execute('CREATE TABLE users (id integer)')", "sa.MetaData().create_all(op.get_bind())"],
)
def test_table_some_revision_makes_is_no_reason_for_a_baseline(
    elsewhere: str, history: History, database: Database
) -> None:
    history.revision("r2", "r1", NEEDS["a column"])
    history.revision("r3", "r2", elsewhere)

    with pytest.raises(CannotJudge, match=r"revision r2 \(r2.py:\d+\) fails to upgrade"):
        history.build(database.url)


@pytest.mark.parametrize(
    ("down", "said"),
    [("nowhere", "nowhere"), ("r1_again", "r1_again")],
)
def test_broken_chain_is_one_line(down: str, said: str, history: History, sqlite_pair: Database) -> None:
    history.revision("r2", down, "pass")

    with pytest.raises(CannotJudge) as failed:
        history.build(sqlite_pair.url)

    assert said in str(failed.value)
    assert "\n" not in str(failed.value)


def test_migrations_that_do_not_exist_are_a_configuration_error(history: History, sqlite_pair: Database) -> None:
    with pytest.raises(ConfigError, match=r"do not exist \(\[project\] migrations in dbops.toml\)"):
        history.build(sqlite_pair.url, migrations="nothing/here")


def test_folder_without_an_env_is_one_line(history: History, sqlite_pair: Database) -> None:
    (history.path / "migrations" / "env.py").unlink()

    with pytest.raises(CannotJudge, match=r"migrations in '.*' do not run: ImportError: .*env.py"):
        history.build(sqlite_pair.url)


def test_what_env_imports_and_fails_is_named_with_its_place(history: History, sqlite_pair: Database) -> None:
    (history.path / "models.py").write_text("\n\nundefined\n")
    history.env("import models")

    with pytest.raises(CannotJudge, match=r"do not run \(models\.py:3\): NameError: name 'undefined'"):
        history.build(sqlite_pair.url)


def test_secrets_of_the_url_are_in_no_message(history: History, sqlite_pair: Database) -> None:
    password = "pl4nted-s3cret"
    history.env("import sys\nfrom alembic import context\nurl = context.config.get_main_option('sqlalchemy.url')\n"
                "print(url, file=sys.stderr)\nraise RuntimeError(url)")  # fmt: skip

    with pytest.raises(CannotJudge) as failed:
        history.build(f"postgresql://clerk:{password}@scratch.invalid/dbops_nothing")

    assert "RuntimeError" in str(failed.value)
    assert password not in str(failed.value)


def test_url_is_in_no_process_arguments_or_variables_of_the_order(history: History, sqlite_pair: Database) -> None:
    history.env(
        "from pathlib import Path\nplace = Path('/proc/self')\n"
        "seen = (place / 'cmdline').read_bytes() + (place / 'environ').read_bytes()\n"
        "assert b'scratch.sqlite3' not in seen\nassert b'pytest_dbops.operations.' in seen\n" + ENV
    )
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("this system shows no process arguments in /proc")

    assert history.build(sqlite_pair.url).heads == ("r1",)
