"""`dbops maintenance plan` tells for each finding the step that answers it, and writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from pytest_dbops.core.maintenance.tasks import TASKS
from tests.cli.conftest import Project
from tests.cli.maintained import Maintained
from tests.fix_postgres import ScratchDatabase

pytestmark = pytest.mark.vacuums

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_all_tables AS t JOIN pg_class ON oid = t.relid" \
    " WHERE NOT relisshared"  # fmt: skip
"""Without the catalogs that all databases share: tests beside this one make databases and roles on the server."""
BY_RANGE = "CREATE TABLE event (id bigint, at date NOT NULL, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)"


@on_postgresql
def test_steps_are_in_the_order_of_their_benefit_and_say_what_they_answer(maintained: Maintained) -> None:
    maintained.neglect()
    found = maintained.plan()
    assert [(each["task"], each["code"], each["severity"], each["runs_alone"]) for each in found["steps"]] == [
        ("vacuum", "PRF007", "error", True), ("analyze", "PRF008", "error", True),
        ("rebuild_invalid_index", "SCH008", "error", True), ("switch_autovacuum_on", "PRF009", "error", False),
    ]  # fmt: skip
    vacuum = found["steps"][0]
    assert vacuum["statements"] == ['VACUUM "public"."entry"']
    assert (vacuum["lock"], vacuum["is_blocking"], vacuum["window"]) == ("SHARE UPDATE EXCLUSIVE", False, "any time")
    assert vacuum["size_bytes"] > 0
    assert vacuum["basis"].endswith("a usual rate, none was measured here yet")
    assert vacuum["reason"].startswith("table 'entry' holds 10000 dead rows beside")


@on_postgresql
def test_plan_writes_nothing(maintained: Maintained) -> None:
    maintained.neglect()
    before = maintained.rows(WRITTEN)
    one, two = maintained.plan(), maintained.plan()
    assert (one["hash"], maintained.rows(WRITTEN)) == (two["hash"], before)
    assert maintained.rows("SELECT to_regnamespace('dbops')::text") == [(None,)]
    assert not (maintained.path / ".dbops").exists()


def test_sound_database_has_nothing_to_do(maintained: Maintained) -> None:
    maintained.sql("CREATE TABLE customer (id integer PRIMARY KEY)")
    assert [task for task, _ in maintained.steps() if task != "switch_autovacuum_on"] == []


@on_postgresql
def test_what_a_waiver_excuses_is_not_planned(maintained: Maintained) -> None:
    maintained.neglect()
    expires = datetime.now(UTC).date() + timedelta(days=30)
    maintained.configure(
        '[[waiver]]\ncheck = "PRF007"\nsubject = "entry"\nowner = "ops"\nreason = "by hand"\n'
        f"expires = {expires.isoformat()}\n"
    )
    assert ("vacuum", "entry") not in maintained.steps()


@on_postgresql
def test_left_over_of_a_rebuild_and_a_doubled_index_are_dropped_and_not_built(
    maintained: Maintained, postgres_database: ScratchDatabase
) -> None:
    maintained.sql(
        "CREATE TABLE invoice (id bigint PRIMARY KEY, number text)", "CREATE INDEX number ON invoice (number)",
        "CREATE INDEX number_ccnew ON invoice (number)", "CREATE INDEX number_again ON invoice (number)",
    )  # fmt: skip
    invalidate(postgres_database, "number_ccnew", "number_again")
    found = {each["subject"]: (each["statements"], each["note"]) for each in maintained.plan()["steps"][:2]}
    assert found == {
        "invoice.number_again": (
            ['DROP INDEX CONCURRENTLY "public"."number_again"'], "'number' is the same index, and is valid",
        ),
        "invoice.number_ccnew": (
            ['DROP INDEX CONCURRENTLY "public"."number_ccnew"'], "an interrupted REINDEX CONCURRENTLY left it",
        ),
    }  # fmt: skip


@on_postgresql
def test_schema_is_changed_by_migrations_only(maintained: Maintained) -> None:
    maintained.sql(
        "CREATE TABLE parent (id integer PRIMARY KEY)",
        "CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent ON DELETE CASCADE)",
    )
    step = maintained.step("create_index")
    assert step["statements"] == ["CREATE INDEX CONCURRENTLY ix_child_parent_id ON child (parent_id)"]
    assert step["rollback"] == "DROP INDEX CONCURRENTLY ix_child_parent_id;"
    assert step["kept_back"].startswith("it changes the schema: write it as a migration")


@on_postgresql
def test_partitions_to_come_are_named_like_those_that_are_there(maintained: Maintained) -> None:
    maintained.sql(
        BY_RANGE,
        "CREATE TABLE event_2026_10 PARTITION OF event FOR VALUES FROM ('2026-10-01') TO ('2026-11-01')",
    )
    step = maintained.step("create_partition")
    assert step["runs_alone"]
    assert step["statements"][0] == "BEGIN"
    assert step["statements"][1:3] == [
        'CREATE TABLE "public"."event_2026_11" (LIKE "public"."event" INCLUDING ALL EXCLUDING IDENTITY)',
        'ALTER TABLE "public"."event" ATTACH PARTITION "public"."event_2026_11"'
        " FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')",
    ]


@on_postgresql
def test_partition_whose_making_keeps_others_waiting_is_left_to_a_person(maintained: Maintained) -> None:
    maintained.sql(
        BY_RANGE,
        "CREATE TABLE event_2026_10 PARTITION OF event FOR VALUES FROM ('2026-10-01') TO ('2026-11-01')",
        "CREATE TABLE event_rest PARTITION OF event DEFAULT",
    )
    step = maintained.step("create_partition")
    assert (step["is_blocking"], step["window"]) == (True, "a window in which nobody works")
    assert step["kept_back"] == "others wait for it: choose the moment"


@on_postgresql
def test_sequence_is_moved_while_nobody_writes_and_by_a_person(maintained: Maintained) -> None:
    maintained.sql("CREATE TABLE note (id serial PRIMARY KEY)", "INSERT INTO note SELECT generate_series(1, 9)")
    step = maintained.step("set_sequence")
    assert step["statements"][1:3] == [
        'LOCK TABLE "public"."note" IN SHARE ROW EXCLUSIVE MODE',
        """SELECT pg_catalog.setval('"public"."note_id_seq"', max("id")) FROM "public"."note\"""",
    ]
    assert (step["is_blocking"], step["runs_alone"]) == (True, False)
    maintained.sql(*step["statements"][2:3])
    assert ("set_sequence", "note.id") not in maintained.steps()


@on_postgresql
def test_table_that_is_mostly_empty_is_rewritten_by_a_person_with_the_room_it_takes(maintained: Maintained) -> None:
    maintained.configure("[checks.STO004]\nwarn_bytes = 100000\n")
    maintained.sql(
        "CREATE TABLE wide (id integer PRIMARY KEY, note text NOT NULL)",
        "INSERT INTO wide SELECT n, repeat('x', 200) FROM generate_series(1, 5000) AS n",
        "DELETE FROM wide WHERE id % 10 <> 0", "VACUUM ANALYZE wide",
    )  # fmt: skip
    step = maintained.step("rewrite_table")
    assert (step["lock"], step["is_blocking"], step["runs_alone"]) == ("ACCESS EXCLUSIVE", True, False)
    assert step["statements"] == ['VACUUM (FULL, ANALYZE) "public"."wide"']
    assert step["note"].startswith("it needs up to 1.")


@on_sqlite
def test_steps_of_a_file(maintained: Maintained) -> None:
    maintained.configure("[checks.STO004]\nwarn_bytes = 10000\n[checks.STO006]\nsqlite_warn_bytes = 1000\n")
    neglect_file(maintained)
    assert maintained.steps() == [
        ("analyze", "entry"), ("incremental_vacuum", "target.sqlite3"),
    ]  # fmt: skip
    assert maintained.step("analyze")["statements"] == ["PRAGMA analysis_limit = 1000", 'ANALYZE "entry"']


def test_tasks_lists_every_kind_with_its_lock_and_whether_auto_runs_it(project: Project) -> None:
    found = project.dbops("maintenance", "tasks", "--format", "json").json
    assert {each["name"] for each in found} == set(TASKS)
    alone = {each["name"] for each in found if each["runs_alone"]}
    assert {"vacuum", "analyze", "rebuild_invalid_index", "checkpoint"} <= alone
    assert alone.isdisjoint({"rewrite_table", "create_index", "set_sequence", "switch_autovacuum_on"})
    text = project.dbops("maintenance", "tasks").out
    assert len(text.splitlines()) == len(TASKS) + 1


@on_sqlite
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("plan", "--task", "vaccum"), 2, "there is no task 'vaccum' (did you mean 'vacuum'?)"),
        (("plan", "--task", "vacuum"), 2, "task 'vacuum' is for postgresql, not sqlite"),
        (("auto", "--budget", "an hour"), 2, "'an hour' is no number of seconds from 0 to 86400"),
        (("auto", "--budget", "-1"), 2, "'-1' is no number of seconds from 0 to 86400"),
        (("auto", "--force", "may_write"), 2, "--force needs a reason"),
        (("auto", "--force", "speed", "--reason", "x"), 2, "--force 'speed' is no refusal of maintenance"),
        (("tidy",), 2, "invalid choice: 'tidy'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_bad_input_is_told_in_one_line(maintained: Maintained, words: tuple[str, ...], code: int, said: str) -> None:
    answer = maintained.dbops(*words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert said in answer.err


def test_embedded_environment_needs_no_maintenance(project: Project) -> None:
    project.write("dbops.toml", '[env.development]\nkind = "development"\n')
    answer = project.dbops("maintenance", "plan", "--env", "development")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "is embedded: it is built anew when the migrations change, and needs no maintenance" in answer.err


@on_postgresql
@pytest.mark.parametrize("verb", ["plan", "auto"])
def test_database_that_is_not_there_is_told_in_one_line(
    maintained: Maintained, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("STAGING_URL", maintained.url.replace("@/dbops_", "@/gone_"))
    answer = maintained.dbops(verb)
    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
    assert "there is no such database on the server" in answer.err


def invalidate(database: ScratchDatabase, *names: str) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        for name in names:
            connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", [name])


def neglect_file(maintained: Maintained) -> None:
    maintained.sql(
        "PRAGMA auto_vacuum = INCREMENTAL", "VACUUM",
        "CREATE TABLE entry (id integer PRIMARY KEY, note text NOT NULL)",
        "CREATE INDEX entry_note ON entry (note)",
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)"
        " INSERT INTO entry SELECT n, hex(randomblob(50)) FROM n",
        "DELETE FROM entry WHERE id < 4000",
    )  # fmt: skip


@on_postgresql
def test_role_that_may_not_read_the_journal_gets_a_plan_with_usual_rates(
    maintained: Maintained, postgres_database: ScratchDatabase
) -> None:
    maintained.neglect()
    with psycopg.connect(postgres_database.superuser_url) as connection:
        connection.execute("CREATE SCHEMA dbops")
        connection.execute("CREATE TABLE dbops.journal (id bigint)")
    assert maintained.step("vacuum")["basis"].endswith("a usual rate, none was measured here yet")
