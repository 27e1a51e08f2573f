"""Maintenance that is killed or loses its database leaves nothing half-done, and the next run finishes it."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import closing, suppress

import psycopg
import pytest

from tests.cli.conftest import ENTRY
from tests.cli.maintained import JOURNAL, Maintained, environment, fates
from tests.cli.test_maintenance_plan import neglect_file, on_postgresql
from tests.fix_postgres import ScratchDatabase
from tests.provisioning.conftest import wait_for

pytestmark = pytest.mark.vacuums

AUTO = ("maintenance", "auto", "--env", "staging", "--format", "json")
LEFT = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()" \
    " AND application_name LIKE 'dbops maintenance%'"  # fmt: skip


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> range:
    """Seeds for the rounds of one test: one in the sample, two (of each of ten repetitions) in a full run."""
    number = request.node.callspec.params.get("fault_round")
    return range(1) if number is None else range(number * 2, number * 2 + 2)


def start(maintained: Maintained, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *AUTO, *more], cwd=maintained.path, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@on_postgresql
def test_index_that_a_killed_run_left_is_known_as_its_own_and_dropped(maintained: Maintained) -> None:
    maintained.neglect()
    with psycopg.connect(maintained.url) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM entry")  # the build waits for this snapshot when its index is there
        with start(maintained, "--task", "rebuild_invalid_index") as process:
            wait_for(
                lambda: process.poll() is not None or ("entry_amount_ccnew",) in maintained.rows(LEFT), patience_s=60
            )
            process.kill()
        wait_for(lambda: maintained.rows(RUNNING) == [(0,)])
    assert ("entry_amount_ccnew",) in maintained.rows(LEFT)
    answer = maintained.auto()
    assert (answer.code, answer.err, answer.json["cleared"]) == (0, "", ["public.entry_amount_ccnew"])
    assert ("rebuild_invalid_index", "done") in fates(answer.json["done"])
    assert maintained.rows(LEFT) == []
    told = maintained.rows("SELECT detail FROM dbops.journal WHERE event = 'resolved'")
    assert told == [("it left public.entry_amount_ccnew, now dropped",)]


@pytest.mark.fault
def test_run_that_is_killed_is_finished_by_the_next(maintained: Maintained, dialect: str, rounds: range) -> None:
    if dialect == "sqlite":
        maintained.configure("[checks.STO004]\nwarn_bytes = 10000\n")
    neglect = neglect_file if dialect == "sqlite" else Maintained.neglect
    for seed in rounds:
        maintained.sql("DROP TABLE IF EXISTS entry", f"DROP TABLE IF EXISTS {JOURNAL[dialect]}")
        neglect(maintained)
        _kill(maintained, random.Random(f"{dialect} {seed}").uniform(0, 0.3))
        answer = maintained.auto()
        assert (answer.code, answer.err) == (0, "")
        assert_whole(maintained)


def _kill(maintained: Maintained, after_s: float) -> None:
    """Kill a run some time after its first step was begun."""
    with start(maintained) as process:
        wait_for(lambda: process.poll() is not None or has_begun(maintained), patience_s=60)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=after_s)
        process.kill()
        process.communicate()


def has_begun(maintained: Maintained) -> bool:
    try:
        return "step" in maintained.events()
    except Exception:  # the journal is not there yet, or the file is being written
        return False


def assert_whole(maintained: Maintained) -> None:
    """Nothing is left to be done, and nothing of a run is left."""
    tasks = [task for task, _ in maintained.steps()]
    assert [task for task in tasks if task != "switch_autovacuum_on"] == []
    if maintained.dialect == "sqlite":
        assert maintained.rows("PRAGMA integrity_check") == [("ok",)]
        return
    assert maintained.rows(LEFT) == []
    wait_for(lambda: maintained.rows(RUNNING) == [(0,)])
    assert maintained.rows("SELECT count(*) FROM entry") == [(5_000,)]


@on_postgresql
def test_database_that_is_dropped_in_the_middle_ends_the_run_in_one_line(
    maintained: Maintained, postgres_database: ScratchDatabase
) -> None:
    maintained.neglect()
    with closing(psycopg.connect(maintained.url)) as holder:
        holder.execute("LOCK TABLE entry IN SHARE UPDATE EXCLUSIVE MODE")
        with start(maintained, "--lock-timeout", "30") as process:
            wait_for(lambda: process.poll() is not None or has_begun(maintained), patience_s=60)
            with psycopg.connect(postgres_database.server.admin_url, autocommit=True) as admin:
                admin.execute(f"DROP DATABASE {postgres_database.name} WITH (FORCE)".encode())
            out, err = process.communicate(timeout=60)
    assert (process.returncode, err.count("\n")) == (3, 1), err
    assert "the connection was lost" in err
    assert '"fate": "failed"' in out
    assert out.count('"fate": "not run"') == 2
