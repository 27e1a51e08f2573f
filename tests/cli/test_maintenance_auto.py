"""`dbops maintenance auto` runs what keeps nobody waiting, measures it, and says what it did not better."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.core.scratch import ScratchServer
from tests.cli.maintained import DEAD_ROWS, Maintained, fates
from tests.cli.test_maintenance_plan import BY_RANGE, invalidate, neglect_file, on_postgresql, on_sqlite
from tests.fix_postgres import ScratchDatabase
from tests.provisioning.conftest import wait_for

pytestmark = pytest.mark.vacuums

VALID = "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid" \
    " WHERE i.indrelid = 'entry'::regclass ORDER BY 1"  # fmt: skip
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" \
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"  # fmt: skip


@on_postgresql
@pytest.mark.parametrize("postgres_server", [14, 15, 16, 17, 18], indirect=True)
def test_each_step_is_run_measured_and_journaled(postgres_server: ScratchServer, maintained: Maintained) -> None:
    maintained.neglect()
    answer = maintained.auto("--actor", "ada@example.com")
    assert (answer.code, answer.err) == (0, "")
    done = answer.json["done"]
    assert fates(done) == [("vacuum", "done"), ("analyze", "done"), ("rebuild_invalid_index", "done")]
    assert [(each["before"][:19], each["after"]) for each in done] == [
        ("table 'entry' holds", "PRF007 finds nothing there"), ("10000 rows of table", "PRF008 finds nothing there"),
        ("index 'entry_amount", "SCH008 finds nothing there"),
    ]  # fmt: skip
    assert maintained.rows(VALID) == [("entry_amount", True), ("entry_pkey", True)]
    assert maintained.events() == ["maintenance", *["step", "step_ended"] * 3, "ended"]
    assert maintained.rows("SELECT DISTINCT actor, deploy FROM dbops.journal") == [
        ("ada@example.com", answer.json["run"]),
    ]  # fmt: skip
    assert [task for task, _ in maintained.steps()] == ["switch_autovacuum_on"]


@on_sqlite
def test_file_is_analysed_and_gives_its_free_pages_back(maintained: Maintained) -> None:
    maintained.configure("[checks.STO004]\nwarn_bytes = 10000\n")
    neglect_file(maintained)
    before = maintained.file.stat().st_size
    answer = maintained.auto()
    assert (answer.code, answer.err) == (0, "")
    assert fates(answer.json["done"]) == [("analyze", "done"), ("incremental_vacuum", "done")]
    assert maintained.file.stat().st_size < before / 2
    assert maintained.rows("PRAGMA freelist_count") == [(0,)]
    assert maintained.events() == ["maintenance", *["step", "step_ended"] * 2, "ended"]
    assert maintained.rows("PRAGMA integrity_check") == [("ok",)]
    assert maintained.steps() == []


@on_sqlite
def test_write_ahead_log_is_emptied_and_a_reader_in_its_way_is_told(maintained: Maintained) -> None:
    maintained.configure("[checks.STO006]\nsqlite_warn_bytes = 1000\n")
    maintained.sql("PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(maintained.file, isolation_level=None)) as reader:
        reader.execute("CREATE TABLE note (id integer PRIMARY KEY, text text)")
        reader.execute("INSERT INTO note VALUES (1, 'x')")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        maintained.file.chmod(0o600)
        with closing(sqlite3.connect(maintained.file, isolation_level=None)) as writer:
            writer.execute("INSERT INTO note VALUES (2, 'y')")
        held = maintained.auto("--lock-timeout", "0.1", "--attempts", "2")
        assert (held.code, fates(held.json["done"])) == (3, [("checkpoint", "put off")])
        assert "another connection reads or writes" in held.err
        reader.execute("COMMIT")
        answer = maintained.auto()
        assert (answer.code, fates(answer.json["done"])) == (0, [("checkpoint", "done")])


@on_sqlite
def test_file_that_another_process_writes_to_is_left_alone(maintained: Maintained) -> None:
    neglect_file(maintained)
    with closing(sqlite3.connect(maintained.file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        answer = maintained.auto("--lock-timeout", "0.1")
    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert "the journal cannot be written: " in answer.err
    assert {each["fate"] for each in answer.json["done"]} == {"not run"}


@on_postgresql
def test_dry_run_prints_exactly_what_would_be_run_and_touches_nothing(maintained: Maintained) -> None:
    maintained.neglect()
    answer = maintained.dbops("auto", "--dry-run")
    assert (answer.code, answer.err) == (0, "")
    run = [line.split(None, 1)[1] for line in answer.out.splitlines() if line.startswith("   run ")]
    assert run == [
        'VACUUM "public"."entry";', 'ANALYZE "public"."entry";',
        'REINDEX INDEX CONCURRENTLY "public"."entry_amount";',
    ]  # fmt: skip
    assert maintained.rows("SELECT to_regnamespace('dbops')::text") == [(None,)]
    assert ("vacuum", "entry") in maintained.steps()


def test_dry_run_names_what_is_left_to_a_person(maintained: Maintained, dialect: str) -> None:
    maintained.sql("CREATE TABLE t (id integer PRIMARY KEY)", "CREATE TABLE c (t_id integer PRIMARY KEY REFERENCES t,"
                   " other_id integer REFERENCES t)")  # fmt: skip
    answer = maintained.dbops("auto", "--dry-run", "--task", "create_index")
    assert (answer.code, "nothing that auto may run" in answer.out) == (0, True)
    assert "by hand      create_index c.other_id  [SCH004]: it changes the schema" in answer.out


def test_environment_that_may_not_be_written_to_is_refused(maintained: Maintained, dialect: str) -> None:
    maintained.project.write("dbops.toml", (maintained.path / "dbops.toml").read_text().replace("= true", "= false"))
    refused = maintained.auto()
    assert (refused.code, refused.out, refused.err.count("\n")) == (4, "", 1)
    assert "nothing may be written to 'staging' ([env.staging] may_write = true)" in refused.err
    dry = maintained.auto("--dry-run").json
    assert dry["refusals"] == ["nothing may be written to 'staging' ([env.staging] may_write = true)"]
    maintained.sql("CREATE TABLE t (id integer PRIMARY KEY)")
    assert maintained.auto("--force", "may_write", "--reason", "agreed").json["overridden"] == ["may_write"]


@on_postgresql
def test_step_that_does_not_better_its_check_is_said_so(maintained: Maintained) -> None:
    maintained.neglect()
    with psycopg.connect(maintained.url) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM entry")
        maintained.sql(DEAD_ROWS, others=1)
        answer = maintained.auto("--task", "vacuum")
    assert answer.code == 1
    assert fates(answer.json["done"]) == [("vacuum", "not bettered")]
    assert "step vacuum of 'entry' was not bettered: table 'entry' holds" in answer.err
    assert maintained.auto("--task", "vacuum").code == 0


@on_postgresql
def test_step_behind_a_lock_is_put_off_and_names_who_holds_it(maintained: Maintained) -> None:
    maintained.neglect()
    with psycopg.connect(maintained.url, application_name="a long alter") as other:
        other.execute("LOCK TABLE entry IN SHARE UPDATE EXCLUSIVE MODE")
        answer = maintained.auto(
            "--lock-timeout", "0.1", "--attempts", "2", "--task", "analyze", "--task", "rebuild_invalid_index"
        )
        pid = other.info.backend_pid
    assert answer.code == 3
    assert [each["fate"] for each in answer.json["done"]] == ["put off", "put off"]
    assert all(f"session {pid} of role 'dbops_owner' (a long alter)" in each["why"] for each in answer.json["done"])
    assert maintained.rows(VALID) == [("entry_amount", False), ("entry_pkey", True)]


@on_postgresql
def test_build_does_not_wait_for_a_transaction_that_is_older_than_its_patience(maintained: Maintained) -> None:
    maintained.neglect()
    with psycopg.connect(maintained.url) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        answer = maintained.auto("--concurrent-timeout", "0.1", "--attempts", "1", "--task", "rebuild_invalid_index")
    assert (answer.code, fates(answer.json["done"])) == (3, [("rebuild_invalid_index", "put off")])
    assert maintained.rows(VALID) == [("entry_amount", False), ("entry_pkey", True)]


@on_postgresql
def test_rebuild_that_the_rows_forbid_fails_and_leaves_nothing_more(maintained: Maintained) -> None:
    maintained.neglect()
    maintained.sql("UPDATE entry SET amount = 1")
    answer = maintained.auto("--task", "rebuild_invalid_index")
    assert (answer.code, fates(answer.json["done"])) == (1, [("rebuild_invalid_index", "failed")])
    assert 'could not create unique index "entry_amount_ccnew"' in answer.err
    assert maintained.rows(VALID) == [("entry_amount", False), ("entry_pkey", True)]


@on_postgresql
def test_budget_that_is_used_up_leaves_the_rest_and_says_so(maintained: Maintained) -> None:
    maintained.neglect()
    answer = maintained.auto("--budget", "0")
    assert (answer.code, {each["fate"] for each in answer.json["done"]}) == (3, {"not run"})
    assert "0.0 s of the budget are left (--budget SECONDS)" in answer.err
    assert maintained.rows(VALID) == [("entry_amount", False), ("entry_pkey", True)]


@on_postgresql
def test_left_over_is_dropped_once_nobody_builds_it(maintained: Maintained, postgres_database: ScratchDatabase) -> None:
    maintained.sql(
        "CREATE TABLE entry (id integer PRIMARY KEY, amount integer)", "CREATE INDEX entry_a ON entry (amount)",
        "CREATE INDEX entry_a_ccnew ON entry (amount)",
    )  # fmt: skip
    invalidate(postgres_database, "entry_a_ccnew")
    with psycopg.connect(maintained.url) as builder:
        builder.execute("LOCK TABLE entry IN SHARE UPDATE EXCLUSIVE MODE")
        held = maintained.auto("--lock-timeout", "0.1", "--attempts", "1")
    assert (held.code, fates(held.json["done"])) == (3, [("drop_invalid_index", "put off")])
    assert "may be building the index" in held.err
    assert maintained.auto().code == 0
    assert maintained.rows(VALID) == [("entry_a", True), ("entry_pkey", True)]


@on_postgresql
@pytest.mark.parametrize("postgres_server", [15, 18], indirect=True)
def test_partitions_are_made_until_enough_lie_ahead(postgres_server: ScratchServer, maintained: Maintained) -> None:
    maintained.sql(
        BY_RANGE, "CREATE INDEX event_note ON event (note)",
        "CREATE TABLE event_old PARTITION OF event"
        " FOR VALUES FROM (date_trunc('month', now())::date) TO ((date_trunc('month', now()) + '1 month')::date)",
    )  # fmt: skip
    maintained.configure("[checks.SCH029]\nperiods_ahead = 5\n")
    answer = maintained.auto()
    assert (answer.code, fates(answer.json["done"])) == (0, [("create_partition", "done")])
    maintained.sql("INSERT INTO event SELECT n, (now() + n * interval '1 month')::date FROM generate_series(0, 5) AS n")
    uneven = "SELECT count(*) FROM pg_index WHERE indrelid IN (SELECT inhrelid FROM pg_inherits) GROUP BY indrelid"
    assert set(maintained.rows(uneven)) == {(2,)}


@on_postgresql
def test_measured_rate_is_what_the_next_plan_reckons_with(maintained: Maintained) -> None:
    maintained.neglect(rows=25_000)
    assert maintained.auto("--task", "vacuum").code == 0
    maintained.sql(DEAD_ROWS)
    assert maintained.step("vacuum")["basis"].endswith("a second, as 1 earlier run here made")


@on_postgresql
def test_deploy_and_maintenance_do_not_run_beside_each_other(maintained: Maintained) -> None:
    maintained.neglect()
    with psycopg.connect(maintained.url, autocommit=True, application_name="dbops deploy lock") as deploy:
        deploy.execute("SELECT pg_advisory_lock(%s)", [0x6462_6F70_7301])
        answer = maintained.auto("--wait", "0.2")
    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert "another deploy or maintenance holds the lock: session" in answer.err
    assert {each["fate"] for each in answer.json["done"]} == {"not run"}
    wait_for(lambda: maintained.rows(LOCKS) == [(0,)])  # a session that was closed ends a moment later


@on_postgresql
def test_role_without_the_right_is_told_so_in_one_line(
    maintained: Maintained, postgres_database: ScratchDatabase
) -> None:
    maintained.neglect()
    with psycopg.connect(postgres_database.superuser_url) as connection:
        connection.execute("ALTER TABLE entry OWNER TO CURRENT_USER")
        connection.execute("GRANT SELECT ON entry TO dbops_owner")
    answer = maintained.auto("--task", "rebuild_invalid_index")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "must be owner of" in answer.err


@on_sqlite
def test_statistics_of_a_table_that_has_grown_are_renewed(maintained: Maintained) -> None:
    many = (
        "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 2000) INSERT INTO t SELECT n FROM n"
    )
    maintained.sql("CREATE TABLE t (id integer PRIMARY KEY)", "INSERT INTO t VALUES (1)", "ANALYZE", many)
    assert maintained.steps() == [("optimize", "target.sqlite3")]
    assert fates(maintained.auto().json["done"]) == [("optimize", "done")]
    assert maintained.rows("SELECT stat FROM sqlite_stat1 WHERE tbl = 't'") == [("2000",)]
