"""Whoever dies, and however: no server, no file and no lock is left."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_dbops.core.errors import TimedOut
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, close_run, create_run
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.places import Places
from pytest_dbops.provisioning.processes import ProcessIdentity, identify
from pytest_dbops.provisioning.reaping import reap
from tests.provisioning.conftest import RunScript, ask, wait_for

pytestmark = pytest.mark.fault

CONTROLLER = """
import os
import sys
from pathlib import Path
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import acquire, create_run
from pytest_dbops.provisioning.places import Places
memory, disk, cache = (Path(text) if text else None for text in sys.argv[1:4])
run = create_run(Places(memory, disk, cache))
acquire(run, ServerRequest(bindirs=tuple(sys.argv[4:])))
print(run.path, flush=True)
sys.stdin.readline()
for descriptor in run.descriptors:
    os.close(descriptor)
sys.stdin.readline()
"""
HOLD_LOCK = """
import sys
from pathlib import Path
from pytest_dbops.provisioning.locks import file_lock
with file_lock(Path(sys.argv[1]), patience_s=1):
    print("held", flush=True)
    sys.stdin.readline()
"""


class Controller:
    """A process that owns a run with one server."""

    def __init__(self, run_script: RunScript, places: Places, request: ServerRequest) -> None:
        roots = (places.memory or "", places.disk, places.cache)
        self.process = run_script(CONTROLLER, *roots, *request.bindirs)
        assert self.process.stdout is not None
        self.path = Path(self.process.stdout.readline().strip())
        record = json.loads(next(self.path.glob("server-*.json")).read_text())
        self.supervisor = ProcessIdentity(**record["supervisor"])
        self.postmaster = ProcessIdentity(**record["postmaster"])
        self.folder = Path(record["folder"])

    def is_gone(self) -> bool:
        return not (self.postmaster.is_alive or self.folder.exists() or self.path.exists())


@pytest.fixture
def controller(run_script: RunScript, places: Places, any_server: ServerRequest) -> Controller:
    return Controller(run_script, places, any_server)


def test_after_kill_9_of_the_controller_all_is_gone_within_5_seconds(controller: Controller) -> None:
    controller.process.kill()
    assert wait_for(controller.is_gone) < 5


def test_an_owner_that_closes_its_pipe_a_moment_before_it_dies_leaves_nothing(controller: Controller) -> None:
    assert controller.process.stdin is not None
    controller.process.stdin.write("close\n")
    controller.process.stdin.flush()
    wait_for(lambda: not controller.postmaster.is_alive)
    controller.process.kill()
    assert wait_for(controller.is_gone) < 5


def test_a_worker_that_still_writes_into_the_folder_of_a_dead_run_leaves_nothing(controller: Controller) -> None:
    last = time.monotonic() + 0.5
    controller.process.kill()
    while time.monotonic() < last:
        with suppress(OSError):
            (controller.path / f"piece-{time.monotonic_ns()}").touch()
    assert wait_for(controller.is_gone) < 5


def test_a_child_that_holds_the_controllers_pipe_does_not_keep_the_server(
    controller: Controller,
) -> None:
    holder = os.open(controller.path / "alive", os.O_RDWR)
    controller.process.kill()
    controller.process.wait()
    took_s = wait_for(controller.is_gone)
    os.close(holder)
    assert took_s < 5


def test_after_kill_9_of_the_supervisor_closing_the_run_still_ends_the_server(
    places: Places, any_server: ServerRequest
) -> None:
    run = create_run(places)
    acquire(run, any_server)
    record = json.loads(next(run.path.glob("server-*.json")).read_text())
    os.kill(record["supervisor"]["pid"], signal.SIGKILL)
    close_run(run)
    assert identify(record["postmaster"]["pid"]) is None
    assert not run.path.exists()


def test_after_kill_9_of_controller_and_supervisor_the_next_run_reaps_the_server(
    controller: Controller, places: Places
) -> None:
    os.kill(controller.supervisor.pid, signal.SIGKILL)
    controller.process.kill()
    controller.process.wait()
    assert controller.postmaster.is_alive
    assert reap(places) == (controller.path.name,)
    assert controller.is_gone()


def test_a_server_that_was_never_published_is_reaped_too(controller: Controller, places: Places) -> None:
    os.kill(controller.supervisor.pid, signal.SIGKILL)
    controller.process.kill()
    controller.process.wait()
    for record in controller.path.glob("server-*.json"):
        record.unlink()
    assert reap(places) == (controller.path.name,)
    assert controller.is_gone()


def test_a_living_run_is_not_reaped(controller: Controller, places: Places) -> None:
    assert reap(places) == ()
    assert controller.postmaster.is_alive


def test_a_run_whose_lock_is_held_is_not_reaped_even_if_its_pid_is_unknown_here(
    controller: Controller, places: Places
) -> None:
    elsewhere = controller.path.with_name("run-0123abcd_4194300_1")
    controller.path.rename(elsewhere)
    found = reap(places)
    elsewhere.rename(controller.path)
    assert found == ()


def test_what_is_not_named_as_ours_is_not_reaped(places: Places) -> None:
    stranger = places.disk / "run-of-somebody"
    stranger.mkdir()
    assert reap(places) == ()
    assert stranger.is_dir()
    stranger.rmdir()


def test_ctrl_c_in_the_terminal_leaves_it_to_the_supervisor_to_end_the_server(controller: Controller) -> None:
    os.killpg(os.getpgid(controller.process.pid), signal.SIGINT)
    controller.process.wait()
    assert wait_for(controller.is_gone) < 5


def test_a_starter_that_dies_before_it_publishes_leaves_no_server(
    run: RunFolder, any_server: ServerRequest, run_script: RunScript
) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from pytest_dbops.core.server_request import ServerRequest\n"
        "from pytest_dbops.provisioning import acquire, attach_run, clusters\n"
        "clusters.publish = lambda run, record: os.kill(os.getpid(), signal.SIGKILL)\n"
        "acquire(attach_run(Path(sys.argv[1])), ServerRequest(bindirs=tuple(sys.argv[2:])))"
    )
    process = run_script(code, run.path, *any_server.bindirs)
    process.communicate(timeout=60)
    folders = [root / run.name for root in run.places.roots]
    wait_for(lambda: not [path for folder in folders for path in folder.glob("pg-*/data")])
    assert process.returncode == -signal.SIGKILL
    assert ask(acquire(run, any_server), "SELECT 1") == 1


def test_a_server_that_crashed_is_replaced(run: RunFolder, any_server: ServerRequest) -> None:
    acquire(run, any_server)
    record = json.loads(next(run.path.glob("server-*.json")).read_text())
    os.kill(record["postmaster"]["pid"], signal.SIGKILL)
    supervisor = ProcessIdentity(**record["supervisor"])
    wait_for(lambda: not supervisor.is_alive)
    assert ask(acquire(run, any_server), "SELECT 1") == 1


def test_a_lock_of_a_dead_process_is_taken_over(tmp_path: Path, run_script: RunScript) -> None:
    holder = run_script(HOLD_LOCK, tmp_path / "lock")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    with file_lock(tmp_path / "lock", patience_s=5):
        pass


def test_a_lock_that_stays_held_is_told(tmp_path: Path, run_script: RunScript) -> None:
    holder = run_script(HOLD_LOCK, tmp_path / "lock")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(TimedOut, match="another process holds 'lock' for more than 0 s"):  # noqa: SIM117
        with file_lock(tmp_path / "lock", patience_s=0.05):
            pass
