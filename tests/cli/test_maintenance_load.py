"""Maintenance under load keeps nobody waiting longer than the lock budget, and leaves the checks green."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from tests.cli.maintained import DEAD_ROWS, ENTRIES, UNFINISHED, Maintained, environment, fates
from tests.cli.test_maintenance_plan import on_postgresql
from tests.fix_postgres import ScratchDatabase
from tests.provisioning.conftest import wait_for

pytestmark = pytest.mark.vacuums

LOCK_BUDGET_S = 0.5
CONFIG = f"lock_timeout_s = {LOCK_BUDGET_S}\n[checks.STO005]\nleast_bytes = 100000\n"
SCRIPT = r"""
\set id random(1, 20000)
UPDATE entry SET note = 'y' WHERE id = :id;
SELECT count(*) FROM entry WHERE amount BETWEEN :id AND :id + 20;
INSERT INTO ledger SELECT coalesce(max(id), 0) + 1 FROM ledger ON CONFLICT DO NOTHING;
SELECT amount FROM entry JOIN line ON line.entry_id = entry.id WHERE line.id = :id;
"""
LEDGER = ("CREATE TABLE ledger (id integer PRIMARY KEY)", "INSERT INTO ledger SELECT generate_series(1, 60000)",
          "DELETE FROM ledger WHERE id % 20 <> 0", "VACUUM (ANALYZE) ledger")  # fmt: skip
LINES = ("CREATE TABLE line (id integer PRIMARY KEY, entry_id integer NOT NULL)",
         "INSERT INTO line SELECT n, n FROM generate_series(1, 20000) AS n")  # fmt: skip


@on_postgresql
def test_neglected_database_is_mended_under_load_and_no_query_waits_longer_than_the_budget(
    maintained: Maintained, postgres_database: ScratchDatabase
) -> None:
    maintained.configure(CONFIG)
    _neglect(maintained, postgres_database)
    assert {task for task, _ in maintained.steps()} >= {
        "vacuum", "analyze", "rebuild_invalid_index", "rebuild_bloated_index",
    }  # fmt: skip
    with _load(maintained) as load:
        before = _sessions(maintained)
        answer = maintained.auto()
        assert (load.poll(), before, _sessions(maintained)) == (None, 4, 4), (
            "a query waited longer than the lock budget"
        )
    assert "aborted" not in (maintained.path / "load.log").read_text()
    assert (answer.code, answer.err) == (0, ""), answer.json["done"]
    assert {fate for _, fate in fates(answer.json["done"])} == {"done"}
    assert maintained.rows("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    asked = [word for code in ("PRF007", "PRF008", "SCH008", "STO005") for word in ("--check", code)]
    assert maintained.project.dbops("health", "--env", "staging", *asked).code == 0


@on_postgresql
def test_load_notices_who_holds_a_lock_longer_than_the_budget(maintained: Maintained) -> None:
    maintained.sql(*ENTRIES.format(rows=20_000).split(";\n")[:2], *LEDGER, *LINES)
    with _load(maintained) as load, psycopg.connect(maintained.url) as connection:
        connection.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        wait_for(lambda: load.poll() is not None)
    assert "aborted in command" in (maintained.path / "load.log").read_text()


def _neglect(maintained: Maintained, database: ScratchDatabase) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pgstattuple'").fetchone():
            pytest.skip("this server has no pgstattuple")
        connection.execute("CREATE EXTENSION pgstattuple")
        connection.execute("GRANT EXECUTE ON FUNCTION pgstatindex(regclass) TO dbops_owner")
    maintained.sql(*ENTRIES.format(rows=20_000).split(";\n")[:2], *LEDGER, *LINES, "ANALYZE entry", DEAD_ROWS)
    with suppress(psycopg.errors.UniqueViolation):
        maintained.sql(UNFINISHED)
    maintained.sql("UPDATE entry SET amount = id", DEAD_ROWS)


@contextmanager
def _load(maintained: Maintained) -> Iterator[subprocess.Popen[str]]:
    """Run pgbench beside: a statement that waits for a lock longer than the budget ends its client."""
    program = shutil.which("pgbench")
    if program is None:
        pytest.skip("pgbench is not on this machine")
    script, log = maintained.path / "load.sql", maintained.path / "load.log"
    script.write_text(SCRIPT)
    words = [program, "-n", "-f", script, "-c", "4", "-j", "1", "-R", "400", "-T", "120", maintained.url]
    options = environment(PGOPTIONS=f"-c lock_timeout={round(LOCK_BUDGET_S * 1000)}")
    with log.open("w") as said, subprocess.Popen(words, stdout=said, stderr=said, env=options, text=True) as load:
        try:
            wait_for(lambda: load.poll() is not None or _sessions(maintained) == 4)
            yield load
        finally:
            load.terminate()
            load.wait(timeout=10)


def _sessions(maintained: Maintained) -> int:
    ours = "datname = current_database() AND application_name = 'pgbench'"
    return int(maintained.rows(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}")[0][0])
