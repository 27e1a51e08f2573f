"""A history that does not start from empty: its old schema is put in first, its first revisions count as applied."""

from __future__ import annotations

import pytest

from pytest_dbops.core.errors import CannotJudge, ConfigError
from tests.operations.conftest import Database, History

SCHEMA = """
CREATE TABLE users (id integer PRIMARY KEY, name varchar(255));
CREATE TABLE servers (id integer PRIMARY KEY);
INSERT INTO users (id, name) VALUES (1, '100 % Ada; :name');
"""
FUNCTION = """
def make(connection):
    connection.exec_driver_sql("CREATE TABLE users (id integer PRIMARY KEY, name varchar(255))")
    connection.exec_driver_sql("CREATE TABLE servers (id integer PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO users (id, name) VALUES (1, 'Ada')")
"""
DUMP = r"""
--
-- PostgreSQL database dump
--

\restrict hcJdd7hTpDw

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.users (
    id integer NOT NULL,
    name character varying(255)
);

CREATE FUNCTION public.percent() RETURNS text LANGUAGE sql AS $$ SELECT '100 %s;' $$;

\unrestrict hcJdd7hTpDw
"""


@pytest.fixture
def old(history: History) -> History:
    """A history whose first revision is empty, and whose second changes a table that no revision makes."""
    history.revision("r1", None)
    history.revision("r2", "r1", 'op.add_column("users", sa.Column("state", sa.Text))')
    history.revision("r3", "r2", 'op.drop_table("servers")')
    history.write("schema.sql", SCHEMA)
    history.write("shop/__init__.py", "")
    history.write("shop/old.py", FUNCTION)
    return history


@pytest.mark.parametrize("baseline", ["schema.sql", "shop.old:make"])
def test_baseline_lets_a_history_reach_its_head(baseline: str, old: History, database: Database) -> None:
    assert old.build(database.url, baseline=baseline).heads == ("r3",)

    assert database.tables() == {"users", "alembic_version"}
    assert database.rows("SELECT id, state FROM users") == [(1, None)]


@pytest.mark.parametrize("baseline", ["schema.sql", "shop.old:make"])
def test_ancestors_of_the_first_revision_count_as_applied(baseline: str, old: History, database: Database) -> None:
    built = old.build(database.url, baseline=baseline, first_revision="r3")

    assert built.heads == ("r3",)
    assert old.told == [f"putting in the baseline {baseline}", "migrating 1/1: r3 make r3"]
    with pytest.raises(Exception, match="state"):
        database.rows("SELECT state FROM users")


def test_first_revision_may_be_a_merge(old: History, database: Database) -> None:
    old.revision("left", "r3", 'op.drop_table("nothing_left")')
    old.revision("right", "r3", 'op.drop_table("nothing_right")')
    old.revision("merged", ("left", "right"), 'op.drop_table("servers")')

    assert old.build(database.url, baseline="schema.sql", first_revision="merged").heads == ("merged",)
    assert old.told[1:] == ["migrating 1/1: merged make merged"]


def test_first_of_all_revisions_may_be_named(old: History, database: Database) -> None:
    assert old.build(database.url, baseline="schema.sql", first_revision="r1").heads == ("r3",)
    assert len(old.told) == 4


def test_text_of_pg_dump_is_taken_as_it_is(old: History, postgresql_pair: Database) -> None:
    old.write("schema.sql", DUMP)
    old.revision("r3", "r2")

    assert old.build(postgresql_pair.url, baseline="schema.sql").heads == ("r3",)
    assert postgresql_pair.rows("SELECT percent()") == [("100 %s;",)]


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("schema.sql", "CREATE TABLE users (id integer);\n\\connect other\n", ConfigError, r"holds '\\connect', which"),
        ("schema.sql", "COPY public.users (id) FROM stdin;\n1\n\\.\n", ConfigError, "holds 'COPY', which only psql"),
    ],
)
def test_what_only_psql_understands_is_refused(
    name: str, text: str, error: type[Exception], said: str, old: History, postgresql_pair: Database
) -> None:
    old.write(name, text)

    with pytest.raises(error, match=said) as failed:
        old.build(postgresql_pair.url, baseline=name)

    assert "pg_dump --schema-only --no-owner --no-privileges" in str(failed.value)


@pytest.mark.parametrize(
    ("baseline", "error", "said"),
    [
        ("nothing.sql", ConfigError, r"\[project\] baseline 'nothing.sql' does not exist"),
        ("shop.nothing:make", ConfigError, "baseline 'shop.nothing:make' does not import: ModuleNotFoundError"),
        ("shop.old:nothing", ConfigError, "baseline 'shop.old:nothing' does not import: AttributeError"),
        ("shop.old:__name__", ConfigError, "baseline 'shop.old:__name__' is str, not a function"),
        ("shop.raising:make", CannotJudge, "baseline 'shop.raising:make' fails: KeyError: 'colour'"),
    ],
)
def test_baseline_that_cannot_be_put_in_is_one_line(
    baseline: str, error: type[Exception], said: str, old: History, sqlite_pair: Database
) -> None:
    old.write("shop/raising.py", "def make(connection):\n    raise KeyError('colour')")

    with pytest.raises(error, match=said) as failed:
        old.build(sqlite_pair.url, baseline=baseline)

    assert "\n" not in str(failed.value)


def test_statement_of_a_baseline_that_fails_is_one_line(old: History, database: Database) -> None:
    old.write("broken.sql", "CREATE TABLE users (id integer;")

    with pytest.raises(CannotJudge, match=r"\[project\] baseline 'broken.sql' fails: \w+: .*syntax error") as failed:
        old.build(database.url, baseline="broken.sql")

    assert "\n" not in str(failed.value)


def test_baseline_may_bring_its_version_row(old: History, database: Database) -> None:
    stamped = "CREATE TABLE alembic_version (version_num varchar(32));INSERT INTO alembic_version VALUES ('r2');"
    old.write("schema.sql", SCHEMA + stamped)

    assert old.build(database.url, baseline="schema.sql").heads == ("r3",)
    assert old.told[1:] == ["migrating 1/1: r3 make r3"]


def test_version_row_that_contradicts_the_first_revision_is_told(old: History, database: Database) -> None:
    stamped = "CREATE TABLE alembic_version (version_num varchar(32));INSERT INTO alembic_version VALUES ('r2');"
    old.write("schema.sql", SCHEMA + stamped)

    with pytest.raises(ConfigError, match="baseline is stamped r2, but first_revision follows r1"):
        old.build(database.url, baseline="schema.sql", first_revision="r2")


def test_first_revision_works_with_a_connection_that_is_handed_in(old: History, database: Database) -> None:
    old.env(
        "from alembic import context\ncontext.configure(connection=context.config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()\n"
    )

    assert old.build(database.url, baseline="schema.sql", first_revision="r3").heads == ("r3",)


def test_first_revision_that_is_none_is_a_configuration_error(old: History, database: Database) -> None:
    with pytest.raises(ConfigError, match=r"\[project\] first_revision 'r9' is no revision of the migrations"):
        old.build(database.url, baseline="schema.sql", first_revision="r9")
