"""What a plan leaves to a person is exact: run as it is printed, it mends what it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import psycopg
import pytest

from tests.cli.maintained import Maintained
from tests.cli.test_maintenance_plan import BY_RANGE, on_postgresql
from tests.fix_postgres import ScratchDatabase
from tests.provisioning.conftest import wait_for

pytestmark = pytest.mark.vacuums


@dataclass(frozen=True, slots=True)
class Case:
    """What brings a step about, and the check that it answers."""

    task: str
    code: str
    sql: tuple[str, ...]
    more: str = ""


ROWS = "INSERT INTO t SELECT n, n % 10 FROM generate_series(1, 5000) AS n"
TABLE = "CREATE TABLE t (id integer PRIMARY KEY, n integer)"
CASES = [
    Case("switch_autovacuum_on", "PRF009", (f"{TABLE} WITH (autovacuum_enabled = off)",)),
    Case(
        "tune_autovacuum", "PRF007",
        (TABLE, ROWS, "VACUUM ANALYZE t", "UPDATE pg_class SET reltuples = 2000000 WHERE oid = 't'::regclass",
         "UPDATE t SET n = n + 1"),
        "[checks.PRF007]\nwarn_times = 0.01\nfail_times = 0.1\n",
    ),
    Case("create_index", "SCH004", (TABLE, "CREATE TABLE c (id integer PRIMARY KEY, t_id integer REFERENCES t)")),
    Case("rebuild_sorted_indexes", "INT004",
         ('CREATE TABLE word (id text COLLATE "en-x-icu" PRIMARY KEY)',
          "UPDATE pg_collation SET collversion = '1.2.3' WHERE collname = 'en-x-icu'")),
    Case("set_sequence", "SCH013",
         ('CREATE TABLE "Odd ""name" (id serial PRIMARY KEY)',
          'INSERT INTO "Odd ""name" SELECT generate_series(1, 9)')),
    Case("create_partition", "SCH029",
         (BY_RANGE, "CREATE TABLE event_d PARTITION OF event DEFAULT",
          "CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ((now() - interval '20 days')::date)"
          " TO ((now() + interval '5 days')::date)")),
    Case("rewrite_table", "STO004",
         (TABLE, ROWS.replace("5000", "30000"), "DELETE FROM t WHERE n <> 0", "VACUUM (ANALYZE, TRUNCATE FALSE) t"),
         "[checks.STO004]\nwarn_bytes = 50000\n"),
]  # fmt: skip


@pytest.fixture
def as_superuser(
    maintained: Maintained, postgres_database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> Maintained:
    """The project with a URL that may do everything."""
    monkeypatch.setenv("STAGING_URL", postgres_database.superuser_url)
    return replace(maintained, url=postgres_database.superuser_url)


@on_postgresql
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.task)
def test_step_mends_what_it_answers(as_superuser: Maintained, case: Case) -> None:
    as_superuser.configure(case.more)
    as_superuser.sql(*case.sql)
    planned = as_superuser.plan("--task", case.task)["steps"]
    (step,) = (each for each in planned if each["subject"] != "autovacuum")  # which is off on servers of tests
    assert (step["code"], step["runs_alone"]) == (case.code, False)
    assert step["kept_back"]
    as_superuser.sql(*step["statements"])
    again = [each["statements"] for each in as_superuser.plan("--task", case.task)["steps"]]
    assert step["statements"] not in again


@on_postgresql
def test_old_rows_are_frozen_by_auto(as_superuser: Maintained) -> None:
    as_superuser.configure("[checks.INT005]\nwarn_percent = 0\nfail_percent = 90\n")
    as_superuser.sql(TABLE, ROWS)
    # The horizon itself: its age also grows by what other tests commit on the same server meanwhile.
    frozen = "SELECT relfrozenxid::text::bigint FROM pg_class WHERE oid = 't'::regclass"
    as_superuser.sql(*["INSERT INTO t SELECT max(id) + 1 FROM t"] * 5)
    before = as_superuser.rows(frozen)[0][0]
    answer = as_superuser.auto("--task", "freeze")
    (done,) = answer.json["done"]
    assert done["step"]["statements"] == ["VACUUM (FREEZE, INDEX_CLEANUP FALSE, TRUNCATE FALSE, SKIP_LOCKED)"]
    assert (answer.code, done["fate"]) == (1, "not bettered")  # nothing is below a limit of zero
    assert as_superuser.rows(frozen)[0][0] > before


@on_postgresql
def test_pool_is_advised_by_the_sessions_at_work(as_superuser: Maintained) -> None:
    as_superuser.configure("[checks.CON006]\nwarn_percent = 1\nfail_percent = 2\n")
    with psycopg.connect(as_superuser.url, autocommit=True) as one, psycopg.connect(as_superuser.url):
        others = b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        wait_for(lambda: one.execute(others).fetchone() == (1,))  # a session that was closed ends a moment later
        step = as_superuser.step("size_pool", "--task", "size_pool")
    assert (step["statements"], step["code"]) == ([], "CON006")
    assert step["note"].startswith("0 of 2 sessions of this database are at work now: a pool of 10 in transaction mode")
