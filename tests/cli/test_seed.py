"""`dbops seed` fills, plans, cleans and tells; the policy decides where, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from pytest_dbops.cli.seed import JSON
from pytest_dbops.cli.setup import JSON as SETUP
from tests.cli.conftest import Project
from tests.cli.migrations import Migrations
from tests.fix_postgres import OWNER

SEEDS = """
from pytest_dbops import seeder


def remove(context):
    context.delete("t_r1")


@seeder("things", tables=("t_r1",), clean=remove)
def things(context):
    \"\"\"Two things.\"\"\"
    context.insert("t_r1", [{"id": 1}, {"id": 2}])
    context.note("things", [1, 2])
"""
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("t_r1", metadata, Column("id", Integer, primary_key=True))
"""
ENV_PY = """
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
AT = ("--env", "staging", "--format", "json")


@pytest.fixture
def shop(migrations: Migrations) -> Migrations:
    """A project with a seeder, and its database at the head."""
    project = migrations.project
    project.write("shop_models.py", MODELS)
    project.write("shop_seeds/things.py", SEEDS)
    config = project.path / "dbops.toml"
    named = '[project]\nmetadata = "shop_models:metadata"\nseeders = "shop_seeds"'
    config.write_text(config.read_text().replace("[project]", named, 1))
    migrations.line("r1")
    assert migrations.dbops("deploy", "--env", "staging").code == 0
    return migrations


def test_seeds_are_made_once_and_taken_away_again(shop: Migrations) -> None:
    seed = shop.project.dbops
    unmarked = seed("seed", "all", *AT)
    assert (unmarked.code, "policy 'marked'" in unmarked.err) == (4, True)
    planned = seed("seed", "all", "--dry-run", *AT)
    assert planned.json["seeders"] == [{"seeder": "things", "fill": 1, "current": 0, "other": 0}]
    assert shop.rows("SELECT count(*) FROM t_r1") == [(0,)]
    done = seed("seed", "all", "--mark", *AT)
    assert (done.code, done.err, set(done.json)) == (0, "", set(JSON["all"].keys))
    assert [(each["name"], each["created"], each["errors"]) for each in done.json["seeders"]] == [
        ("things", {"t_r1": 2}, [])
    ]
    again = seed("seed", "all", *AT)
    assert [(each["rows"], each["skipped"]) for each in again.json["seeders"]] == [(0, 1)]
    (told,) = seed("seed", "status", *AT).json
    assert (told["rows"], told["versions"], set(told)) == (2, [1], set(JSON["status"].keys))
    refused = seed("seed", "clean", *AT)
    assert (refused.code, "policy 'may_destroy'" in refused.err) == (4, True)
    shop.project.append("may_destroy = true\n")
    assert seed("seed", "clean", *AT).json["seeders"][0]["removed"] == 2
    assert shop.rows("SELECT count(*) FROM t_r1") == [(0,)]


@pytest.fixture
def seeder_role(shop: Migrations, request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[..., None]]]:
    """The name of a role that is not there yet, and a function that runs statements as the superuser, with {role}."""
    role = f"seeder of {shop.url.partition('@/')[2].partition('?')[0]}"
    with psycopg.connect(request.getfixturevalue("postgres_database").superuser_url, autocommit=True) as admin:

        def run(*statements: str) -> None:
            for statement in statements:
                admin.execute(statement.format(role=f'"{role}"').encode())

        yield role, run
        if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is not None:
            run("DROP OWNED BY {role}", "DROP ROLE {role}")


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_seeders_act_as_a_declared_role_that_no_policy_binds(
    shop: Migrations, seeder_role: tuple[str, Callable[..., None]]
) -> None:
    role, run = seeder_role
    seed = shop.project.dbops
    shop.sql("ALTER TABLE t_r1 ENABLE ROW LEVEL SECURITY", "ALTER TABLE t_r1 FORCE ROW LEVEL SECURITY")
    bound = seed("seed", "all", "--mark", *AT)
    assert (bound.code, "row-level security" in bound.err) == (3, True)
    shop.project.append(f"[env.staging.seeding]\nrole = '{role}'\n")
    steps = {
        "is not there (run as superuser: CREATE ROLE": "CREATE ROLE {role}",
        "is bound by row-level security (run as superuser: ALTER ROLE": "ALTER ROLE {role} BYPASSRLS",
        "may not act as the seeding role": f"GRANT {{role}} TO {OWNER}",
    }
    for told, mended_by in steps.items():
        refused = seed("seed", "all", *AT)
        assert (refused.code, told in refused.err, refused.err.count("\n")) == (2, True, 1), refused
        run(mended_by)
    for kind in ("TABLES", "SEQUENCES"):
        run(f"GRANT ALL ON ALL {kind} IN SCHEMA public, dbops TO {{role}}")
    run("GRANT USAGE ON SCHEMA dbops TO {role}")
    done = seed("seed", "all", *AT)
    assert (done.code, done.err) == (0, "")
    assert done.json["seeders"][0]["created"] == {"t_r1": 2}
    assert shop.rows("SELECT count(*) FROM t_r1") == [(0,)]
    run("ALTER TABLE t_r1 NO FORCE ROW LEVEL SECURITY")
    assert shop.rows("SELECT count(*) FROM t_r1") == [(2,)]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_stands_in_the_way_is_one_line(shop: Migrations) -> None:
    seed = shop.project.dbops
    shop.project.append('[env.production]\nurl = "env:STAGING_URL"\nencryption = false\ndialect = "sqlite"\n')
    shop.project.append('[env.roles]\nurl = "embedded:sqlite"\nkind = "development"\nseeding = { role = "seeder" }\n')
    told = {
        ("all", "--env", "production"): (4, "policy 'production': 'production' is a production environment"),
        ("all", "--env", "staging", "--size", "huge"): (2, "no seed size 'huge' (one of minimal, demo, load)"),
        ("all", "--env", "staging", "--demo", "--size", "load"): (2, "contradict each other"),
        ("org", "0", "--env", "staging"): (2, "'0' is no number from 1 to 1000000"),
        ("all", "--env", "testing"): (2, "is an embedded PostgreSQL"),
        ("all", "--env", "roles"): (2, "[env.roles.seeding] role 'seeder': sqlite has no roles (leave it out)"),
    }
    for arguments, (code, said) in told.items():
        answer = seed("seed", *arguments)
        assert (answer.code, said in answer.err, answer.err.count("\n")) == (code, True, 1), (arguments, answer)
    assert shop.rows("SELECT count(*) FROM t_r1") == [(0,)]


def test_a_project_without_a_history_is_seeded_into_the_tables_of_its_models(project: Project) -> None:
    project.write("shop_models.py", MODELS)
    project.write("shop_seeds/things.py", SEEDS)
    project.write("dbops.toml", '[project]\nmetadata = "shop_models:metadata"\nseeders = "shop_seeds"\n')
    done = project.dbops("seed", "all", "--env", "development", "--format", "json")
    assert (done.code, done.err, done.json["seeders"][0]["skipped"]) == (0, "", 1)
    (told,) = project.dbops("seed", "status", "--env", "development", "--format", "json").json
    assert (told["seeder"], told["rows"]) == ("things", 2)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_seeders_are_listed_and_judged(shop: Migrations) -> None:
    seed = shop.project.dbops
    (listed,) = seed("seed", "list", "--format", "json").json
    assert (set(listed), listed["name"], listed["has_clean"]) == (set(JSON["list"].keys), "things", True)
    assert set(seed("seed", "validate", *AT).json) == set(JSON["validate"].keys)
    shop.sql("ALTER TABLE t_r1 RENAME COLUMN id TO number")
    judged = seed("seed", "validate", *AT)
    assert (judged.code, "table 't_r1' has no column 'id' in the database" in judged.json["problems"][0]) == (1, True)
    refused = seed("seed", "all", "--mark", *AT)
    assert (refused.code, "has no column 'id'" in refused.err) == (1, True)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_folder_without_a_seeder_is_not_called_sound_or_seeded(shop: Migrations) -> None:
    shop.project.write("shop_seeds/things.py", SEEDS.replace("@seeder", "# @seeder"))
    for verb in (("validate",), ("all", "--mark")):
        answer = shop.project.dbops("seed", *verb, *AT)
        assert (answer.code, "no function in 'shop_seeds' is a seeder" in answer.err) == (5, True), answer


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_setup_makes_all_of_it_and_reset_does_it_again(shop: Migrations) -> None:
    seed = shop.project.dbops
    shop.project.append("may_destroy = true\n")
    done = seed("setup", *AT)
    assert (done.code, done.json["applied"], done.json["rows"], set(done.json)) == (0, 0, 2, set(SETUP[""].keys))
    shop.sql("INSERT INTO t_r1 VALUES (7)")
    assert "--yes" in seed("reset", *AT).err
    again = seed("reset", "--yes", *AT)
    assert (again.code, again.json["seeders"][0]["rows"]) == (0, 2)
    assert shop.rows("SELECT count(*) FROM t_r1") == [(2,)]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_setup_of_a_project_without_seeders_migrates_it(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    done = migrations.project.dbops("setup", "--env", "staging", "--format", "json")
    assert (done.code, done.err, done.json["applied"], done.json["rows"]) == (0, "", 2, 0)
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r2",)]
    again = migrations.project.dbops("setup", "--env", "staging")
    assert again.out.splitlines()[0] == "staging: 0 revisions applied"
    assert "the project names no seeders" in again.out


def test_setup_writes_a_configuration_where_there_is_none(project: Project) -> None:
    (project.path / "dbops.toml").unlink()
    project.write("migrations/env.py", ENV_PY)
    project.write("migrations/script.py.mako", "")
    project.write("migrations/versions/a1.py", 'revision, down_revision = "a1", None\ndef upgrade(): pass\n')
    done = project.dbops("setup", "--configure", "--env", "development")
    assert (done.code, done.err) == (0, "")
    assert {"wrote dbops.toml", "development: embedded, and at the head"} <= {*done.out.splitlines()}
    written = (project.path / "dbops.toml").read_text()
    assert project.dbops("setup", "--configure", "--env", "development").code == 0
    assert (project.path / "dbops.toml").read_text() == written
