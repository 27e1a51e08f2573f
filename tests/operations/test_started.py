"""Processes of ours that are forked of one that has imported already: each is as one that was started by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_dbops.operations import started
from pytest_dbops.operations.started import Started, expect, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked on this system")

WAIT_S = 20
OURS = str(Path(started.__file__).parents[2])
"""Where the package is found."""
PROBE = """
import atexit, json, os, random, sys, time
def main():
    said = json.loads(sys.stdin.buffer.readline())
    exec(said["code"], globals())
    return int(said.get("end", 0))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with the module that the processes are of, and end their server afterwards."""
    (tmp_path / "dbops_probe.py").write_text(PROBE)
    yield tmp_path
    started._SERVERS.close()


def environment_of(place: Path, **variables: str) -> dict[str, str]:
    return {"PYTHONPATH": f"{place}:{OURS}", "PATH": os.environ["PATH"], **variables}


def probe(place: Path, code: str, *, end: int = 0, **variables: str) -> Started:
    """Start a process that runs some code and ends with a code."""
    child = start("dbops_probe", cwd=place, environment=environment_of(place, **variables))
    assert child.stdin is not None
    child.stdin.write(json.dumps({"code": dedent(code), "end": end}).encode() + b"\n")
    child.stdin.flush()
    return child


def outcome(child: Started) -> tuple[str, str, int]:
    """Return what a process has written to both its streams, and how it ended."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.close()
    with child.stdout, child.stderr:
        out, noise = child.stdout.read().decode(), child.stderr.read().decode()
        return out, noise, child.wait(WAIT_S)


def parent_of(place: Path) -> int:
    return int(outcome(probe(place, "print(os.getppid())"))[0])


def is_gone(pid: int) -> bool:
    """Wait until a process is gone; it is none of our children."""
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        import select

        return bool(select.select([end], [], [], WAIT_S)[0])
    finally:
        os.close(end)


def test_processes_are_forks_of_one_server_and_share_nothing_else(place: Path) -> None:
    code = "print(os.getpid(), os.getppid(), random.random(), 'seen' in globals()); seen = True"

    first, second = (outcome(probe(place, code))[0].split() for _ in range(2))

    assert first[1] == second[1] != str(os.getpid())
    assert first[0] != second[0]
    assert first[2] != second[2], "each draws its own random numbers"
    assert [first[3], second[3]] == ["False", "False"]


def test_process_has_the_folder_variables_and_streams_it_was_given_and_no_other_descriptor(place: Path) -> None:
    running = probe(place, "sys.stdin.buffer.read()", A="1")
    code = """
        print(json.dumps([os.getcwd(), dict(os.environ), sorted(map(int, os.listdir('/proc/self/fd')))]))
        print('noise', file=sys.stderr)
    """

    out, noise, _ = outcome(probe(place, code, B="2"))
    cwd, variables, descriptors = json.loads(out)
    outcome(running)

    assert (cwd, noise) == (str(place), "noise\n")
    assert variables == {"PYTHONPATH": f"{place}:{OURS}", "PATH": os.environ["PATH"], "B": "2"}
    assert len(descriptors) == 4, "the three streams, and the one by which the folder of descriptors is read"


def test_what_is_expected_is_imported_before_the_process_that_needs_it(place: Path) -> None:
    (place / "dbops_heavy.py").write_text("import os\nby = os.getpid()\n")

    expect(environment_of(place), ("dbops_heavy", "dbops_nowhere"))
    out, _, _ = outcome(probe(place, "import dbops_heavy; print(dbops_heavy.by, os.getppid(), os.getpid())"))

    by, parent, own = out.split()
    assert by == parent != own


def test_what_is_expected_and_never_needed_holds_nobody_up(place: Path) -> None:
    (place / "dbops_endless.py").write_text("import sys\nsys.stdin.buffer.read()\nwhile True:\n    pass\n")
    expect(environment_of(place), ("dbops_endless",))
    server = started._SERVERS.server
    assert server is not None

    started._SERVERS.close()

    assert server.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "noise", "end"),
    [
        ("", "", 3),
        ("sys.exit(4)", "", 4),
        ("sys.exit()", "", 0),
        ("sys.exit('not like this')", "not like this", 1),
        ("raise ValueError('broken')", "ValueError: broken", 1),
        ("os._exit(5)", "", 5),
        ("os.kill(os.getpid(), 9)", "", -9),
    ],
    ids=["returns", "exits", "exits well", "exits with words", "raises", "ends at once", "is killed"],
)
def test_it_ends_as_an_interpreter_would(place: Path, code: str, noise: str, end: int) -> None:
    forked = outcome(probe(place, code, end=3))
    alone = outcome(probe(place, code, end=3, DBOPS_NO_FORKS="1")) if "sys" in code else forked

    assert forked[2] == end
    assert noise in forked[1]
    assert alone[0] == forked[0]


def test_what_is_to_be_done_at_its_end_is_done(place: Path) -> None:
    code = "atexit.register(lambda: open('left', 'w').write('tidy')); sys.stdout.write('not flushed')"

    assert outcome(probe(place, code))[0] == "not flushed"
    assert (place / "left").read_text() == "tidy"


def test_process_that_is_not_wanted_any_more_is_ended_and_its_server_goes_on(place: Path) -> None:
    child = probe(place, "print(os.getpid(), os.getppid(), flush=True); sys.stdin.buffer.read()")
    assert child.stdout is not None
    pid, server = map(int, child.stdout.readline().split())

    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    child.kill()

    assert child.wait(WAIT_S) == -signal.SIGKILL
    assert is_gone(pid)
    outcome(child)
    child.kill()
    assert parent_of(place) == server


def test_server_that_was_killed_is_followed_by_another_and_its_processes_end(place: Path) -> None:
    child = probe(place, "print(os.getpid(), os.getppid(), flush=True); sys.stdin.buffer.read()")
    assert child.stdout is not None
    pid, server = map(int, child.stdout.readline().split())
    os.kill(server, signal.SIGKILL)

    assert child.wait(WAIT_S) == -9
    other = parent_of(place)
    outcome(child)

    assert other not in (server, os.getpid())
    assert is_gone(pid)


def test_server_ends_when_it_has_nothing_to_do_and_with_its_owner(place: Path) -> None:
    owner = f"""
        import sys
        from pathlib import Path
        from pytest_dbops.operations import fork_server, started
        environment = {{"PYTHONPATH": {f"{place}:{OURS}"!r}}}
        child = started.start("dbops_probe", cwd=Path({str(place)!r}), environment=environment)
        child.stdin.write(b'{{"code": "print(os.getppid())"}}\\n')
        print(child.stdout.read().decode(), end="", flush=True)
        sys.stdin.read()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(owner)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    server = int(process.stdout.readline())
    process.kill()
    process.communicate()

    assert is_gone(server)


def test_interrupt_of_all_reaches_the_process_and_not_its_server(place: Path) -> None:
    code = """
        import signal
        print(os.getppid(), signal.getsignal(signal.SIGINT) is signal.default_int_handler, flush=True)
        sys.stdin.buffer.read()
    """
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = probe(place, code, LANG="C")
    finally:
        signal.signal(signal.SIGINT, heard)
    assert child.stdout is not None
    server, hears = child.stdout.readline().split()
    os.kill(int(server), signal.SIGINT)

    assert hears == b"True"
    assert outcome(child)[2] == 0
    assert parent_of_with(place, LANG="C") == int(server)


def parent_of_with(place: Path, **variables: str) -> int:
    return int(outcome(probe(place, "print(os.getppid())", **variables))[0])


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "LANG", "LD_LIBRARY_PATH"])
def test_what_an_interpreter_reads_at_its_start_is_read_anew(place: Path, name: str) -> None:
    before = parent_of(place)

    assert parent_of_with(place, **{name: "0"}) != before
    assert is_gone(before)


@pytest.mark.parametrize("name", ["DBOPS_NO_FORKS", "COV_CORE_SOURCE", "COVERAGE_PROCESS_START"])
def test_process_is_started_by_itself_where_that_is_asked_for(place: Path, name: str) -> None:
    (place / "dbops_probe.py").write_text(PROBE + "\nif __name__ == '__main__':\n    sys.exit(main())\n")

    out, _, end = outcome(probe(place, "print(os.getppid())", end=3, **{name: ""}))

    assert (int(out), end) == (os.getpid(), 3)


def test_process_of_a_module_that_is_not_there_says_so(place: Path) -> None:
    child = start("dbops_nothing", cwd=place, environment={"PYTHONPATH": f"{place}:{OURS}"})

    assert "No module named 'dbops_nothing'" in outcome(child)[1]


def test_what_a_server_may_hold_is_what_no_process_takes_for_imported_by_the_project() -> None:
    package = Path(started.__file__).parents[1]
    modules = [
        ".".join(("pytest_dbops", *file.relative_to(package).with_suffix("").parts))
        for file in package.rglob("*_child.py")
    ]
    code = f"""
        import importlib
        from pytest_dbops.operations.child import LIBRARIES
        from pytest_dbops.operations.imported import imported_libraries
        for name in {modules!r} + [name for names in LIBRARIES.values() for name in names]:
            importlib.import_module(name)
        print(imported_libraries())
        import faker
        print("Faker" in imported_libraries())
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    assert len(modules) > 5
    assert done.stdout == "[]\nTrue\n"
