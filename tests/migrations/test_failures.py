"""A step that fails names itself, and the walk goes on wherever it can."""

from __future__ import annotations

import pytest

from pytest_dbops.core.codec import from_json, to_compact_json, to_json
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.walk import Failure, StepName, Walk
from tests.migrations.defects import add, drop, sql, table
from tests.migrations.project import CHECKS, Project, Said, all_said, said_of

NOT_REACHED = [Said(name, "inconclusive: not reached, because revision b does not apply") for name in CHECKS]


def test_failing_upgrade_is_named_with_place_statement_and_words(project: Project) -> None:
    project.revision("a", None, table("one"), 'op.drop_table("one")')
    project.revision("b", "a", add("one", "x") + add("missing", "y"), "pass")

    said = all_said(project.walk())

    words = {
        "postgresql": 'UndefinedTable: relation "missing" does not exist',
        "sqlite": "OperationalError: no such table: missing",
    }[project.product]
    assert said == {
        "b": [
            Said(
                "applies",
                f"upgrade of 'b' fails (migrations/versions/b.py:16): {words}",
                ({"statement": "ALTER TABLE missing ADD COLUMN y TEXT"},),
            ),
        ]
    }


def test_what_descends_from_a_failure_is_not_reached_and_the_rest_is_judged(project: Project) -> None:
    project.revision("a", None, table("one"), 'op.drop_table("one")')
    project.revision("b", "a", 'raise ValueError("no way")')
    project.revision("b1", "b", add("one", "x"), drop("one", "x"))
    project.revision("b2", "b1", add("one", "y"), drop("one", "y"))
    project.revision("c", "a", add("one", "z"), "pass")
    project.revision("d", "c", table("two"), 'op.drop_table("two")')
    project.revision("e", None, table("three"), 'op.drop_table("three")', depends="b1")

    walk = project.walk()

    # What fails over rows is tried over ordinary ones, and over none, before it counts as what fails in any case.
    assert walk.databases == 4
    said = all_said(walk)
    assert {revision: said[revision] for revision in ("b1", "b2", "e")} == dict.fromkeys(("b1", "b2", "e"), NOT_REACHED)
    assert said_of(walk, "b")[0] == Said(
        "applies", "upgrade of 'b' fails (migrations/versions/b.py:15): ValueError: no way"
    )
    assert [each.of for each in said["c"]] == ["reverses"]
    assert set(said) == {"b", "b1", "b2", "c", "e"}


def test_revision_that_ends_the_process_is_the_guilty_one(postgresql_project: Project) -> None:
    postgresql_project.revision("a", None, table("one"), 'op.drop_table("one")')
    postgresql_project.revision("b", "a", "os._exit(7)")
    postgresql_project.revision("c", "a", table("two"), 'op.drop_table("two")')

    walk = postgresql_project.walk()

    assert said_of(walk, "b")[0] == Said(
        "applies",
        "upgrade of 'b' fails (migrations/versions/b.py:14): ProcessEnded: the process that ran it ended with 7",
    )
    assert (said_of(walk, "a"), said_of(walk, "c")) == ([], [])


def test_downgrade_that_ends_the_process_is_charged_as_that(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, table("one"), "os._exit(7)")
    sqlite_project.revision("b", "a", table("two"), 'op.drop_table("two")')

    walk = sqlite_project.walk()

    assert said_of(walk, "a") == [
        Said(
            "reverses",
            "downgrade of 'a' fails (migrations/versions/a.py:18): ProcessEnded: the process that ran it ended with 7",
        ),
    ]
    assert said_of(walk, "b") == []


def test_type_made_twice_fails_where_separate_deploys_meet_it(postgresql_project: Project) -> None:
    typed = 'sa.Column("mood", sa.Enum("sad", "glad", name="mood"))'
    postgresql_project.revision("a", None, table("one", typed), 'op.drop_table("one")\nop.execute("DROP TYPE mood")')
    postgresql_project.revision("b", "a", table("two", typed), 'op.drop_table("two")')

    said = all_said(postgresql_project.walk())

    assert said["b"][0] == Said(
        "applies",
        "upgrade of 'b' fails (migrations/versions/b.py:15): DuplicateObject: type \"mood\" already exists",
        ({"statement": "CREATE TYPE mood AS ENUM ('sad', 'glad')"},),
    )
    assert set(said) == {"b"}


def test_what_follows_such_a_revision_is_judged_as_a_first_deploy_reaches_it(postgresql_project: Project) -> None:
    typed = 'sa.Column("mood", sa.Enum("sad", "glad", name="mood"))'
    postgresql_project.revision("a", None, table("one", typed), 'op.drop_table("one")\nop.execute("DROP TYPE mood")')
    postgresql_project.revision("b", "a", table("two", typed), 'op.drop_table("two")')
    postgresql_project.revision("c", "b", add("two", "x"), drop("two", "x"))
    postgresql_project.revision("d", "c", add("two", "y"), "pass")

    walk = postgresql_project.walk()

    said = {revision: [each.of for each in found] for revision, found in all_said(walk).items()}
    assert said == {"b": ["applies"], "d": ["reverses"]}
    assert walk.databases == 2


def test_second_type_that_no_long_run_spares_is_in_the_way(postgresql_project: Project) -> None:
    postgresql_project.revision("a", None, sql("CREATE TYPE mood AS ENUM ()"), sql("DROP TYPE mood"))
    postgresql_project.revision("b", "a", sql("CREATE TYPE mood AS ENUM ()"), sql("DROP TYPE mood"))
    postgresql_project.revision("c", "b", table("one"), 'op.drop_table("one")')

    assert all_said(postgresql_project.walk())["c"] == NOT_REACHED


def test_deferred_constraint_that_fails_at_commit_is_charged_to_its_step(postgresql_project: Project) -> None:
    deferred = sql("ALTER TABLE child ADD FOREIGN KEY (p) REFERENCES parent DEFERRABLE INITIALLY DEFERRED")
    postgresql_project.revision(
        "a", None, table("parent") + table("child", 'sa.Column("p", sa.Integer)') + deferred,
        'op.drop_table("child")\nop.drop_table("parent")',
    )  # fmt: skip
    postgresql_project.revision(
        "b", "a", add("child", "x"), drop("child", "x") + sql("INSERT INTO child VALUES (1, 9)")
    )
    postgresql_project.revision("c", "b", sql("INSERT INTO child VALUES (1, 9)"))

    walk = postgresql_project.walk()

    broken = 'ForeignKeyViolation: insert or update on table "child" violates foreign key constraint "child_p_fkey"'
    assert f"downgrade of 'b' fails (migrations/versions/b.py:18): {broken}" in said_of(walk, "b")[0].message
    assert f"upgrade of 'c' fails (migrations/versions/c.py:14): {broken}" in said_of(walk, "c")[0].message


def test_revision_that_commits_by_itself_and_leaves_a_rest_costs_a_new_database(postgresql_project: Project) -> None:
    postgresql_project.revision("a", None, table("one"), 'op.drop_table("one")')
    postgresql_project.revision(
        "b", "a", sql("CREATE TABLE IF NOT EXISTS rest (id integer)"), sql("ALTER TABLE rest ADD x text", "COMMIT")
    )
    postgresql_project.revision("c", "b", table("two"), 'op.drop_table("two")')

    walk = postgresql_project.walk()

    assert walk.databases == 2
    assert [each.of for each in said_of(walk, "b")] == ["reverses", "reapplies"]
    assert said_of(walk, "c") == []


def test_revision_whose_row_is_lost_is_told(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, table("one"), 'op.drop_table("one")')
    sqlite_project.env(
        "from alembic import context\nfrom sqlalchemy import create_engine, text\n\n"
        "def forget(ctx, **_):\n    ctx.connection.execute(text('DELETE FROM alembic_version'))\n\n"
        "with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
        "    context.configure(connection=connection, on_version_apply=forget)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )

    assert said_of(sqlite_project.walk(), "a")[0].message == (
        "upgrade of 'a' fails (migrations/versions/a.py:14): VersionRow: it ran, but its row is not in"
        " 'alembic_version' afterwards (does it commit or roll back by itself?)"
    )


def test_env_that_swallows_what_a_revision_raises_hides_nothing(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, 'raise ValueError("no way")')
    sqlite_project.env(
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        "with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    try:\n        context.run_migrations()\n    except Exception:\n        pass\n"
    )

    assert said_of(sqlite_project.walk(), "a")[0] == Said(
        "applies", "upgrade of 'a' fails (migrations/versions/a.py:15): ValueError: no way"
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("migrations/versions/b.py", "def broken(:\n", "SyntaxError"),
        ("migrations/env.py", "raise RuntimeError('not today')\n", "RuntimeError: not today"),
        ("migrations/env.py", "pass\n", "env.py ended without running any migration"),
    ],
    ids=["a file that does not parse", "an env.py that breaks", "an env.py that runs nothing"],
)
def test_history_that_cannot_be_walked_at_all_is_one_line(
    name: str, text: str, words: str, sqlite_project: Project
) -> None:
    sqlite_project.revision("a", None, table("one"), 'op.drop_table("one")')
    sqlite_project.write(name, text)

    with pytest.raises(CannotJudge, match=words) as failed:
        sqlite_project.walk()

    assert "\n" not in str(failed.value)


def test_history_without_an_empty_start_is_told_the_way_out(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, add("users", "x"))

    revision = sqlite_project.walk().revision("a")

    assert revision is not None
    (finding,) = CHECKS["applies"].function(revision=revision)
    assert finding.hint == (
        'give the schema they start from: [project] baseline = "schema.sql" or "module:function", first_revision = "a"'
    )


def test_walk_survives_json(sqlite_project: Project) -> None:
    sqlite_project.revision("a", None, table("one"), 'op.drop_table("one")')
    sqlite_project.revision("b", "a", add("one", "x"), "pass")
    sqlite_project.revision("c", "b", add("two", "x"), "pass")

    walk = sqlite_project.walk()

    assert from_json(Walk, to_json(walk)) == walk
    assert from_json(Walk, to_compact_json(walk)) == walk


def test_time_of_a_step_is_its_own(sqlite_project: Project) -> None:
    busy = "import time\nend = time.perf_counter() + 0.05\nwhile time.perf_counter() < end:\n    pass\n"
    sqlite_project.revision("a", None, table("one"), busy + 'op.drop_table("one")')

    revision = sqlite_project.walk().revision("a")

    assert revision is not None
    assert [step.name for step in revision.steps] == list(StepName)
    assert revision.steps[1].duration_s >= 0.05


def test_failure_knows_no_parameters(postgresql_project: Project) -> None:
    postgresql_project.revision(
        "a", None, table("one") + "op.get_bind().execute(sa.text('INSERT INTO one (x) VALUES (:x)'), {'x': 'secret'})"
    )

    revision = postgresql_project.walk().revision("a")

    assert revision is not None
    failure = revision.steps[0].failure
    assert isinstance(failure, Failure)
    assert "secret" not in repr(failure)
    assert failure.statement.startswith("INSERT INTO one (x) VALUES (")
