"""Sessions of other projects: leaks are named, failed databases are kept, and nothing is left however a run ends."""

from __future__ import annotations

import re
import shlex
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL

import psycopg
import pytest

from pytest_dbops.cli import main
from tests.fix_project import LEAN

ONLY = ("-p", "no:randomly", "-p", "no:cacheprovider", *LEAN.split())
PATIENCE_S = 5.0
START_PATIENCE_S = 60.0
FIXTURES = (
    "dbops_env", "dbops_build", "dbops_template", "dbops_server", "dbops_database", "dbops_engine", "dbops_connection",
    "dbops_session", "dbops_clone", "dbops_queries",
)  # fmt: skip
ROOT = Path(__file__).parents[2]
CLOSING = """
import sys

def pytest_unconfigure():
    for connection in getattr(sys.modules.get("test_it"), "held", ()):
        connection.close()
"""
HELD = "import psycopg, pytest\nheld = []\n"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """A function that runs pytest on a file of tests, in a project without any configuration."""
    for name in ("DBOPS_ENV", "DATABASE_URL", "SHADOW_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    pytester.makeconftest(CLOSING)

    def run_tests(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=text)
        return pytester.runpytest_inprocess(*ONLY, *options)

    return run_tests


def kept_way(command: str) -> str:
    """Return what a test has written into the file that a command opens."""
    program, file = shlex.split(command)
    assert program == "sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        (way,) = connection.execute("SELECT way FROM found").fetchone()
    return str(way)


def waits(is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Return whether something comes true in time."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_an_open_transaction_and_a_lock_are_named_with_their_test(run: Callable[..., pytest.RunResult]) -> None:
    result = run(
        HELD + "def test_bad(dbops_database):\n"
        "    held.append(psycopg.connect(dbops_database.url))\n"
        "    held[0].execute('SELECT pg_advisory_lock(1)')\n"
        "def test_good(dbops_database):\n"
        "    with psycopg.connect(dbops_database.url) as other:\n"
        "        assert other.execute('SELECT pg_try_advisory_lock(1)').fetchone() == (True,)\n",
        "--dbops-leaks=fail",
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_bad*",
            "test_it.py::test_bad left behind: a transaction open and an advisory lock*",
        ]
    )


def test_a_leak_is_a_warning_by_default(run: Callable[..., pytest.RunResult]) -> None:
    result = run(
        HELD + "def test_bad(dbops_database):\n"
        "    held.append(psycopg.connect(dbops_database.url))\n"
        "    held[0].execute('SELECT 1')\n",
        "-Wdefault",
    )
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*DbopsLeakWarning: test_it.py::test_bad left behind: a transaction open*"])


def test_idle_connections_of_a_pool_are_no_leak_and_many_more_are(run: Callable[..., pytest.RunResult]) -> None:
    result = run(
        HELD + "@pytest.mark.parametrize('number', [10, 21])\n"
        "def test_pool(dbops_database, number):\n"
        "    while len(held) < number:\n"
        "        held.append(psycopg.connect(dbops_database.url, autocommit=True))\n"
        "    held[-1].execute('SELECT 1')\n",
        "--dbops-leaks=fail",
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["test_it.py::test_pool?21? left behind: 21 connections open (10 may stay)"])


def test_a_failed_test_keeps_its_database(run: Callable[..., pytest.RunResult]) -> None:
    result = run(
        "from sqlalchemy import text\n"
        "def test_bad(dbops_session):\n"
        "    dbops_session.execute(text('CREATE TABLE found AS SELECT 7 AS seven'))\n"
        "    assert False\n"
        "def test_good(dbops_session):\n"
        "    assert dbops_session.scalar(text(\"SELECT to_regclass('found')\")) is None\n",
        "--dbops-keep=failed",
    )
    result.assert_outcomes(passed=1, failed=1)
    kept = re.search(r"test_it.py::test_bad: psql '(.*)'", result.stdout.str())
    assert kept is not None
    with psycopg.connect(kept[1]) as connection:
        assert connection.execute("SELECT seven FROM found").fetchone() == (7,)
    folder = Path(kept[1].partition("host=")[2].partition("&")[0]).parent.parent
    stop = re.search(r"kept until: dbops (scratch stop --run \S+)", result.stdout.str())
    assert stop is not None
    assert main(stop[1].split()) == 0
    assert waits(lambda: not folder.exists())


def test_a_failed_test_keeps_its_file_and_the_next_begins_anew(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pytester.mkdir("my project"))
    Path("dbops.toml").write_text('[env.testing]\nurl = "embedded:sqlite"\n', encoding="utf-8")
    Path("test_kept.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('way', ['a b', 'a-b'])\n"
        "def test_bad(dbops_database, way):\n"
        "    with dbops_database.connect() as connection:\n"
        "        connection.execute('CREATE TABLE found AS SELECT ? AS way', (way,))\n"
        "    assert False\n",
        encoding="utf-8",
    )
    result = run("", "--rootdir=.", "test_kept.py", "--dbops-keep=failed")
    result.assert_outcomes(failed=2)
    commands = re.findall(r"^test_kept.py::test_bad\[.*\]: (sqlite3 .*)", result.stdout.str(), re.MULTILINE)
    assert sorted(kept_way(command) for command in commands) == ["a b", "a-b"]
    (ending,) = re.findall(r"^kept until: (.*)", result.stdout.str(), re.MULTILINE)
    assert shlex.split(ending) == ["rm", "-r", str(Path(".dbops/kept").absolute())]


def test_what_goes_wrong_is_one_line(run: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("dbops.toml").write_text('[project]\nmetadata = "nowhere:models"\n', encoding="utf-8")
    result = run("def test_it(dbops_session): pass\ndef test_again(dbops_session): pass\n")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["[[]project[]] metadata 'nowhere:models' does not import: ModuleNotFoundError: No module named 'nowhere'"]
    )
    assert "During handling" not in result.stdout.str()


def test_fixtures_are_documented(run: Callable[..., pytest.RunResult]) -> None:
    result = run("", "--fixtures")
    documented = re.findall(r"^(\w+).*\n    \S.*", result.stdout.str(), re.MULTILINE)
    assert {*FIXTURES} <= {*documented}


def test_a_bound_on_queries_that_is_passed_fails_the_test(run: Callable[..., pytest.RunResult]) -> None:
    result = run(
        "import pytest\n"
        "@pytest.mark.max_queries(1)\n"
        "def test_it(dbops_database):\n"
        "    with dbops_database.connect() as connection:\n"
        "        for number in (1, 2, 3):\n"
        "            connection.execute(f'SELECT {number}')\n"
        "@pytest.mark.max_queries('many')\n"
        "def test_wrong(): pass\n",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*3 statements were run, max_queries allows 1: 3 x SELECT ?", "*max_queries takes one whole number*'many'*"]
    )


def test_a_run_goes_on_when_a_worker_is_killed_and_leaves_nothing(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        test_it="import os, psycopg, pytest, signal\n"
        "@pytest.mark.parametrize('number', range(12))\n"
        "def test_it(dbops_database, dbops_server, number):\n"
        "    with open('hosts', 'a') as file: file.write(dbops_server.host + '\\n')\n"
        "    if number == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    with psycopg.connect(dbops_database.url) as connection:\n"
        "        connection.execute('CREATE TABLE made (id integer)')\n"
    )
    result = pytester.runpytest_subprocess(*ONLY, "-n2", timeout=60)
    result.assert_outcomes(passed=11, failed=1)
    hosts = set((pytester.path / "hosts").read_text().split())
    assert len(hosts) == 1
    assert not Path(hosts.pop()).parent.parent.exists()


def test_a_killed_controller_leaves_nothing_for_more_than_five_seconds(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        test_it="import time, pytest\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_it(dbops_database, dbops_server, number):\n"
        "    with open('hosts', 'a') as file: file.write(dbops_server.host + '\\n')\n"
        "    time.sleep(60)\n"
    )
    hosts = pytester.path / "hosts"
    controller = pytester.popen([sys.executable, "-m", "pytest", *ONLY, "-n2"], stdout=DEVNULL, stderr=DEVNULL)
    assert waits(lambda: hosts.exists() and hosts.read_text().count("\n") == 2, START_PATIENCE_S)
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    folder = Path(hosts.read_text().split()[0]).parent.parent
    assert waits(lambda: not folder.exists())


def test_many_tests_with_an_organization_leave_nothing(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("xdist")
    many = 1000 if request.config.getoption("--faults") == "full" else 40
    pytester.makepyfile(
        test_it="import pytest\n"
        "from sqlalchemy import text\n"
        f"@pytest.mark.parametrize('number', range({many}))\n"
        "def test_it(dbops_session, dbops_server, seeded_org, number):\n"
        "    if number % 20 == 0:\n"
        "        with open('hosts', 'a') as file: file.write(dbops_server.host + '\\n')\n"
        "    act = text(\"SELECT set_config('app.org_id', :org, true)\")\n"
        "    dbops_session.execute(act, {'org': str(seeded_org.id)})\n"
        "    count = dbops_session.scalar(text('SELECT count(*) FROM invoice'))\n"
        "    assert count == len(seeded_org.invoices)\n"
        "    dbops_session.execute(text(\"UPDATE customer SET name = 'x', row_version = row_version + 1\"))\n"
        "    dbops_session.commit()\n"
    )
    result = pytester.runpytest_subprocess(
        *ONLY, "-n2", "--dbops-leaks=fail", f"--dbops-config={ROOT / 'dbops.toml'}", timeout=300
    )
    result.assert_outcomes(passed=many)
    hosts = set((pytester.path / "hosts").read_text().split())
    assert len(hosts) == 1
    assert not Path(hosts.pop()).parent.parent.exists()
