"""Judging a PostgreSQL database of 100 and of 5 000 tables, against psql running the same statements from one script.

`ours` connects, opens the gate's session, reads statistics and schema, and asks every check that reads no rows and
starts no program; findings and all. `psql` starts, connects, and runs every statement that `ours` sent, in one
read-only transaction, with its output thrown away: what the database's own part of the work costs. A ratio is the
greater of two: of wall time, and of CPU time of client and server together. Round trips are counted from the opened
session on; the pings by which CON001 measures are among them.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks.catalog import _database, _server_facts, _timed_commands, _worse_ratio
from benchmarks.measure import Sample, interleaved, print_timings, timed_call
from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check, Cost, Privilege
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.kept_history import KeptHistory
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces
from pytest_dbops.provisioning import scratch_server

NAME = "health"
CLAIMS = {
    "ratio_100": "all checks that read no rows, of 100 tables / psql running the same statements",
    "ratio_5000": "all checks that read no rows, of 5 000 tables / psql running the same statements",
    "round_trips": "round trips of one such run, from the opened session on",
}
_ASKED = {"catalog", "session", "statistics", "settings", "environment", "clock", "history"}
_OF_THE_SESSION = ("BEGIN", "SAVEPOINT", "ROLLBACK", "SET SESSION", "DECLARE", "FETCH", "MOVE")


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and what was compared; prints a table for each number of tables."""
    measures: dict[str, float] = {}
    outcomes: dict[str, int] = {}
    with scratch_server(ServerRequest()) as server, TemporaryDirectory() as folder:
        pid, _ = _server_facts(server)
        psql = shutil.which("psql")
        if psql is None:
            raise SystemExit("no psql on the PATH; install the client tools of PostgreSQL")
        for tables, rounds, repeats in ((100, 5 if quick else 25, 3), (5000, 3 if quick else 9, 1)):
            with _database(server, tables) as url:
                statements, trips, results = _recorded(url)
                script = _script(Path(folder) / f"{tables}.sql", statements)
                command = [psql, "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", f"--file={script}",
                           f"--output={os.devnull}", f"--dbname={url}"]  # fmt: skip

                def ours(url: str = url, repeats: int = repeats) -> Sample:
                    return timed_call(lambda: [_judge(url) for _ in range(repeats)], server_pid=pid)

                def theirs(command: Sequence[str] = command, repeats: int = repeats) -> Sample:
                    return _timed_commands(list(command), repeats, pid)

                timings = interleaved({"psql": theirs, "ours": ours}, rounds=rounds)
            print(f"\n{tables} tables, {len(statements)} statements, {repeats} runs a sample", file=sys.stderr)
            print_timings(timings)
            measures[f"ratio_{tables}"] = round(_worse_ratio(timings["ours"], timings["psql"]), 3)
            measures["round_trips"] = trips
            outcomes = {
                word: sum(r.outcome.value == word for r in results) for word in {r.outcome.value for r in results}
            }
        params = {"server": server.version, "checks": len(_checks()), "outcomes": outcomes, "cpus": os.cpu_count()}
    return {"measures": measures, "params": params}


def _checks() -> list[Check]:
    return [
        check
        for check in builtin_checks()
        if set(check.inputs) <= _ASKED
        and "postgresql" in check.backends
        and check.cost is Cost.CATALOG
        and (check.privilege is not Privilege.FILE or "statistics" in check.inputs)
        and check.name != "client_tools_older_than_server"
    ]


def _judge(url: str) -> list[CheckResult]:
    with _inputs(url) as (inputs, rules):
        return [run_check(check, inputs, rules) for check in _checks()]


@contextmanager
def _inputs(url: str) -> Iterator[tuple[Inputs, RunRules]]:
    environment = Environment(
        name="production", kind=Kind.PRODUCTION, dialect="postgresql", url=Secret(url),
        url_reference="env:DATABASE_URL", policy=DEFAULT_POLICIES[Kind.PRODUCTION],
    )  # fmt: skip
    now = datetime.now(UTC)
    history = {"history": (KeptHistory, lambda _: KeptHistory())}
    inputs = Inputs(environment, url=lambda: url, clock=now, pieces=SharedPieces(None), more=history)
    try:
        yield inputs, RunRules(environment=environment, root=Path("/"), today=now.date(), cost=Cost.CATALOG)
    finally:
        inputs.close()


def _recorded(url: str) -> tuple[list[str], int, list[CheckResult]]:
    """Judge once and return what was sent, in how many round trips, and what was found."""
    import psycopg

    from pytest_dbops.backends.postgresql import session as gate_session
    from pytest_dbops.backends.postgresql.watchdog import Watchdog

    sent: list[str] = []
    trips = 0
    execute, send_each, wait_for = psycopg.Cursor.execute, gate_session.send_each, Watchdog.wait_for

    def noted_execute(cursor: Any, query: Any, params: Any = None, **more: Any) -> Any:
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(cursor, query, params, **more)

    def noted_each(wire: Any, statements: Sequence[str]) -> Any:
        sent.extend(statements)
        return send_each(wire, statements)

    def counted(watchdog: Watchdog, seconds: float) -> None:
        nonlocal trips
        trips += 1
        wait_for(watchdog, seconds)

    with _inputs(url) as (inputs, rules):
        inputs.get("session")
        with (
            patch.object(psycopg.Cursor, "execute", noted_execute),
            patch.object(gate_session, "send_each", noted_each),
            patch.object(Watchdog, "wait_for", counted),
        ):
            results = [run_check(check, inputs, rules) for check in _checks()]
            total = trips
    return [text for text in sent if not text.lstrip().startswith(_OF_THE_SESSION)], total, results


def _script(file: Path, statements: Sequence[str]) -> Path:
    """Write the statements as one script; those that take parameters are ours alone and few, and are left out."""
    plain = [text.strip().rstrip(";") for text in statements if "%(" not in text]
    body = ";\n".join(plain)
    file.write_text(f"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n{body};\nCOMMIT;\n", encoding="utf-8")
    return file
