"""`dbops migrate status`: what alembic applied is what is said, and whatever does not fit is one clear line."""

from __future__ import annotations

import pytest
from psycopg import sql

from pytest_dbops.cli.migrations.status import JSON
from tests.cli.migrations import Migrations

only_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def status(migrations: Migrations, *words: str) -> dict[str, object]:
    """Return the part of the JSON answer that a database decides."""
    answer = migrations.dbops("status", "--env", "staging", "--format", "json", *words)
    assert answer.err == ""
    assert set(answer.json) == set(JSON.keys)
    assert answer.code == int(bool(answer.json["unknown"] or answer.json["overlapping"] or answer.json["problems"]))
    found = {key: answer.json[key] for key in ("applied", "unknown", "overlapping", "is_at_head")}
    return found | {"pending": [each["id"] for each in answer.json["pending"]]}


def test_database_without_a_version_table_has_nothing_applied(migrations: Migrations) -> None:
    migrations.line("r1", "r2")

    assert status(migrations) == {
        "applied": [], "unknown": [], "overlapping": [], "is_at_head": False, "pending": ["r1", "r2"]
    }  # fmt: skip
    answer = migrations.dbops("status", "--env", "staging")
    assert answer.code == 0
    assert "applied   nothing (there is no version table)" in answer.out
    assert migrations.dbops("status", "--env", "staging", "--format", "json").json["version_table"] == ""


def test_database_behind_the_code_names_what_is_pending_in_order(migrations: Migrations) -> None:
    migrations.line("r1", "r2", "r3")
    migrations.alembic("upgrade", "r1")

    answer = migrations.dbops("status", "--env", "staging")

    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0].startswith("staging: ")
    assert lines[1:] == [
        "  applied   r1",
        "  code      r3",
        "  pending   2",
        "    1. r2  make r2  (migrations/versions/r2.py:6)",
        "    2. r3  make r3  (migrations/versions/r3.py:6)",
    ]


def test_database_at_the_head_is_said_to_be(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "head")

    assert status(migrations) == {
        "applied": ["r2"], "unknown": [], "overlapping": [], "is_at_head": True, "pending": []
    }  # fmt: skip
    assert "pending   none: the database is at the head" in migrations.dbops("status", "--env", "staging").out


def test_database_ahead_of_the_code_is_refused_in_one_line(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    newer = migrations.revision("r3", "r2")
    migrations.alembic("upgrade", "head")
    newer.unlink()

    assert status(migrations) == {
        "applied": ["r3"], "unknown": ["r3"], "overlapping": [], "is_at_head": False, "pending": ["r1", "r2"]
    }  # fmt: skip
    answer = migrations.dbops("status", "--env", "staging")
    (line,) = [line for line in answer.out.splitlines() if "unknown" in line]
    assert line.startswith("  unknown   'r3' is no revision of the code: the database is ahead of it, or was migrated")


def test_branches_merges_and_dependencies_leave_pending_what_alembic_would_run(migrations: Migrations) -> None:
    migrations.line("r1", "left")
    migrations.revision("right", "r1")
    migrations.revision("merged", ("left", "right"))
    migrations.revision("plug", None, labels=("plugin",), needs="left")
    migrations.alembic("upgrade", "plugin@head")

    assert status(migrations)["applied"] == ["plug"]
    assert status(migrations)["pending"] == ["right", "merged"]
    migrations.alembic("upgrade", "heads")
    assert status(migrations)["is_at_head"] is True


def test_several_heads_are_a_conflict_and_labelled_ones_are_not(migrations: Migrations) -> None:
    migrations.line("r1", "left")
    migrations.revision("right", "r1")
    migrations.alembic("upgrade", "left")

    assert status(migrations)["pending"] == ["right"]
    answer = migrations.dbops("status", "--env", "staging")
    assert answer.code == 1
    assert "the history has 2 heads: left, right (join them: alembic merge" in answer.out

    migrations.revision("left", "r1", labels="one")
    migrations.revision("right", "r1", labels="two")
    assert migrations.dbops("status", "--env", "staging").code == 0


def test_row_that_another_row_implies_is_a_conflict(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "head")
    migrations.sql("INSERT INTO alembic_version VALUES ('r1')")

    assert status(migrations)["overlapping"] == ["r1"]
    assert "conflict  'r1' is implied by another row" in migrations.dbops("status", "--env", "staging").out


@pytest.mark.parametrize(
    ("options", "table"),
    [
        ("'version_table': 'schema_history'", "schema_history"),
        ("'version_table': TABLE", "schema_history"),
        ("**dict(version_table='Schema History')", '"Schema History"'),
        ("'version_table': context.config.get_main_option('table', 'schema_history')", "schema_history"),
    ],
)
def test_version_table_of_the_projects_own_is_read(migrations: Migrations, options: str, table: str) -> None:
    migrations.env(options)
    text = (migrations.path / "migrations/env.py").read_text()
    migrations.project.write("migrations/env.py", f"TABLE = 'schema' + '_history'\n{text}")
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "r1")

    assert status(migrations)["pending"] == ["r2"]
    assert migrations.rows(f"SELECT version_num FROM {table}") == [("r1",)]


def test_setting_of_the_ini_names_the_version_table(migrations: Migrations) -> None:
    migrations.project.write("alembic.ini", "[alembic]\nscript_location = migrations\ntable = kept_here\n")
    migrations.env("'version_table': context.config.get_main_option('table')")
    migrations.line("r1")
    migrations.sql("CREATE TABLE kept_here (version_num varchar(32))", "INSERT INTO kept_here VALUES ('r1')")

    assert status(migrations)["is_at_head"] is True


@only_postgresql
def test_version_table_in_a_schema_is_read(migrations: Migrations) -> None:
    migrations.env(
        "'version_table_schema': 'book keeping'",
        "connection.exec_driver_sql('CREATE SCHEMA IF NOT EXISTS \"book keeping\"'); connection.commit()",
    )
    migrations.line("r1")
    migrations.alembic("upgrade", "head")

    assert status(migrations)["is_at_head"] is True
    shown = migrations.dbops("status", "--env", "staging", "--format", "json").json["version_table"]
    assert shown == "book keeping.alembic_version"


@only_postgresql
def test_version_table_off_the_search_path_is_found_and_two_of_them_are_refused(migrations: Migrations) -> None:
    migrations.line("r1")
    migrations.sql(
        "CREATE SCHEMA one", "CREATE TABLE one.alembic_version (version_num text)",
        "INSERT INTO one.alembic_version VALUES ('r1')",
    )  # fmt: skip
    assert status(migrations)["applied"] == ["r1"]

    migrations.sql("CREATE SCHEMA two", "CREATE TABLE two.alembic_version (version_num text)")
    answer = migrations.dbops("status", "--env", "staging")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith(
        "dbops: 'alembic_version' is a table in 2 schemas: one, two (say which: --version-table"
    )
    assert status(migrations, "--version-table", "one.alembic_version")["is_at_head"] is True


@only_postgresql
def test_version_table_that_may_not_be_read_is_inconclusive(
    migrations: Migrations, postgres_admin: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.line("r1")
    migrations.alembic("upgrade", "head")
    role = sql.SQL("CREATE ROLE blind LOGIN")
    database = migrations.url.rpartition("/")[2]
    postgres_admin.execute(role.as_string())  # type: ignore[attr-defined]  # the superuser's connection
    try:
        monkeypatch.setenv(
            "STAGING_URL", migrations.url.replace("dbops_owner@", "blind@").replace("dbops_owner", "blind")
        )
        answer = migrations.dbops("status", "--env", "staging")
    finally:
        postgres_admin.execute("DROP ROLE blind")  # type: ignore[attr-defined]  # as above
    assert (answer.code, answer.out) == (3, ""), database
    assert "alembic_version" in answer.err
    assert answer.err.count("\n") == 1


def test_computed_version_table_asks_for_its_name(migrations: Migrations) -> None:
    migrations.env("'version_table': os.environ.get('TABLE', 'x')")
    migrations.line("r1")
    migrations.sql("CREATE TABLE x (version_num varchar(32))", "INSERT INTO x VALUES ('r1')")

    answer = migrations.dbops("status", "--env", "staging")

    assert answer.code == 2
    assert answer.err.startswith("dbops: version_table is \"os.environ.get('TABLE', 'x')\" in env.py, which is not run")
    assert status(migrations, "--version-table", "x")["is_at_head"] is True


def test_broken_history_is_said_beside_what_is_applied(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "head")
    migrations.project.write("migrations/versions/bad.py", "revision = (\n")
    migrations.revision("lost", "gone")

    answer = migrations.dbops("status", "--env", "staging")

    assert answer.code == 1
    assert "problem  migrations/versions/bad.py:1: revision file bad.py is no Python: " in answer.out
    assert "problem  migrations/versions/lost.py:6: revision 'lost' follows 'gone', which is in no file" in answer.out
    assert "Traceback" not in answer.out + answer.err


@only_sqlite
@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "dbops.toml",
            "[env.staging]\nurl = 'sqlite:///x'\n",
            "dbops: no migrations are configured (add to [project]:",
        ),
        ("migrations/env.py", "def (", "dbops: env.py is no Python that can be read: "),
    ],
)
def test_project_that_cannot_be_read_is_one_line(migrations: Migrations, name: str, text: str, words: str) -> None:
    migrations.project.write(name, text)
    answer = migrations.dbops("status", "--env", "staging")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(words)


@only_sqlite
def test_status_changes_nothing(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.alembic("upgrade", "r1")
    before = (migrations.files(), migrations.database_file.read_bytes())
    migrations.dbops("status", "--env", "staging")
    assert (migrations.files(), migrations.database_file.read_bytes()) == before
