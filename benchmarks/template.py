"""How long the first test waits for its database, and what of that a second session does again.

Whole pytest sessions of one test, in turn; what counts is the set-up of that test as pytest reports it, from nothing to
a connection to the first database that is a clone. pytest-postgresql runs initdb, starts the server, loads the tables
and clones them; ours finds the kept template, starts a server from it and clones it. Ours imports what it needs in
that time, the peer before it. Both on one memory file system, with the same 15 tables.

`most_possible` is the peer against a fixture that proves nothing and finds nothing out: `postgres` started on a cluster
that was copied before the clock runs, psycopg imported, connected, and the template cloned.

`seeded_org_PRODUCT_cold_ms` and `_warm_ms`: set-up of the first test that asks for `seeded_org`, with the reference
application's history and seeders, in a session that finds nothing kept, and in the next one.

`migrations_second_session`: a project with a history of three revisions, each of which notes that it is run: what is
noted in the second session, with two workers.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.isolation import MODELS, Workshop, pg_ctl
from benchmarks.measure import ratio
from benchmarks.peers import POSTGRESQL_PEER, give_away

_ROOT = Path(__file__).resolve().parents[1]
NAME = "template"
CLAIMS = {
    "start_vs_peer": "set-up of the first test with pytest-postgresql / with ours when the template is kept",
    "migrations_second_session": "revisions that a second session runs",
}
_PLUGIN = """
import json, os
from pathlib import Path

def pytest_runtest_logreport(report):
    if report.when == "setup":
        Path(os.environ["BENCH_OUT"]).write_text(json.dumps(report.duration))
"""
_OURS = "def test_it(dbops_database):\n    dbops_database.connect().close()\n"
_PEER = "def test_it(postgresql):\n    pass\n"
_FLOOR = "def test_it(clone):\n    pass\n"
_FLOOR_CONFTEST = """
import os, shutil, subprocess, sys, time
from pathlib import Path

import pytest

BIN, KEPT, RUN = Path({bindir!r}), Path("kept"), Path("run").resolve()

def start():
    command = [BIN / "postgres", "-D", RUN / "data", "-k", RUN, "-c", "listen_addresses=", "-c", "fsync=off"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)

def connected(name):
    import psycopg
    until = time.monotonic() + 20
    while True:
        try:
            return psycopg.connect(host=str(RUN), user="postgres", dbname=name, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.002)

def stop(server):
    server.terminate()
    server.wait()

def pytest_sessionstart():
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir(mode=0o700)
    if not KEPT.exists():
        initdb = [BIN / "initdb", "-D", RUN / "data", "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL)
        server = start()
        connected("postgres").execute("CREATE DATABASE kept")
        connected("kept").execute(Path("../peer/schema.sql").read_text())
        stop(server)
        shutil.copytree(RUN / "data", KEPT)
        os.chmod(KEPT, 0o700)
        [sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "psycopg"]
    else:
        shutil.copytree(KEPT, RUN / "data")

@pytest.fixture
def clone():
    server = start()
    with connected("postgres") as admin:
        admin.execute("CREATE DATABASE clone TEMPLATE kept")
    with connected("clone") as connection:
        yield connection
    stop(server)
"""
_ENV = """
from alembic import context
from sqlalchemy import create_engine
import os

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "r{number}", {below}

def upgrade():
    with open({notes!r}, "a") as file:
        file.write("r{number}\\n")
    op.create_table("made_{number}", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("made_{number}")
"""


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and how they were taken."""
    rounds = 3 if quick else 9
    with Workshop() as shop:
        (shop.root / "first_plugin.py").write_text(_PLUGIN)
        _make_floor(shop)
        sides = {"ours": _OURS, "peer": _PEER, "floor": _FLOOR}
        waits: dict[str, list[float]] = {side: [] for side in sides}
        for number in range(-1, rounds):
            for side, text in sides.items():
                waited = _first_setup_s(shop, side, text)
                if number >= 0:
                    waits[side].append(waited)
        again = _migrations_of_second_session(shop)
        organizations = _first_organizations(shop)
    details = organizations | {f"{side}_ms": round(1000 * statistics.median(found), 1) for side, found in waits.items()}
    for name, value in details.items():
        print(f"{name:<30} {value:9.1f}", file=sys.stderr)
    measures = {"start_vs_peer": round(ratio(waits["peer"], waits["ours"]), 2), "migrations_second_session": again}
    most = round(ratio(waits["peer"], waits["floor"]), 2)
    params = {"rounds": rounds, "peer": POSTGRESQL_PEER, "most_possible": most, **details}
    return {"measures": measures, "params": params}


def _make_floor(shop: Workshop) -> None:
    floor = shop.root / "floor"
    floor.mkdir()
    (floor / "pytest.ini").write_text("[pytest]\n")
    (floor / "conftest.py").write_text(_FLOOR_CONFTEST.format(bindir=str(Path(pg_ctl()).parent)))
    give_away(floor)


def _first_setup_s(shop: Workshop, side: str, text: str) -> float:
    out = shop.root / "tmp" / "first.json"
    (shop.root / side / "test_it.py").write_text(text)
    shop.run_pytest(shop.root / side, "-p", "first_plugin", out=out)
    found: float = json.loads(out.read_text())
    return found


def _first_organizations(shop: Workshop) -> dict[str, float]:
    """Return how long `seeded_org` took first, in milliseconds: with nothing kept, and then with what that kept."""
    project = shop.root / "application"
    project.mkdir()
    for name in ("accounting", "migrations", "seeds", "checks", "dbops.toml"):
        place = _ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, project / name)
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_it.py").write_text("def test_it(seeded_org):\n    pass\n")
    give_away(project)
    out, found = shop.root / "tmp" / "first.json", {}
    for product, environment in (("postgresql", "testing"), ("sqlite", "development")):
        for kind in ("cold", "warm"):
            if kind == "cold":
                shutil.rmtree(shop.root / "tmp" / "pytest-dbops", ignore_errors=True)
            shop.run_pytest(project, "-p", "first_plugin", f"--dbops-env={environment}", "test_it.py", out=out)
            found[f"seeded_org_{product}_{kind}_ms"] = round(1000 * json.loads(out.read_text()), 1)
    return found


def _migrations_of_second_session(shop: Workshop) -> int:
    """Return how many revisions the second session ran; raises SystemExit when the first did not run all."""
    project, notes = shop.root / "history", shop.root / "tmp" / "notes"
    versions = project / "migrations" / "versions"
    versions.mkdir(parents=True)
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "models.py").write_text(MODELS)
    (project / "dbops.toml").write_text('[project]\nmigrations = "migrations"\n')
    (project / "migrations" / "env.py").write_text(_ENV)
    for number in range(3):
        below = repr(f"r{number - 1}") if number else "None"
        text = _REVISION.format(number=number, below=below, notes=str(notes))
        (versions / f"r{number}.py").write_text(text)
    (project / "test_it.py").write_text(_OURS + _OURS.replace("test_it", "test_again"))
    give_away(project)
    ran = [_ran(shop, project, notes, "-p", "no:xdist"), _ran(shop, project, notes, "-n", "2")]
    if ran[0] != 3:
        raise SystemExit(f"the first session ran {ran[0]} of 3 revisions")
    return ran[1]


def _ran(shop: Workshop, project: Path, notes: Path, *options: str) -> int:
    notes.write_text("")
    give_away(notes.parent)
    shop.run_pytest(project, *options, out=notes)
    return len(notes.read_text().splitlines())
