"""What `dbops scratch status`, `stop` and `clean` show and do."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, close_run, create_run
from pytest_dbops.provisioning.inventory import clean, status, stop
from pytest_dbops.provisioning.places import Places
from tests.provisioning.conftest import ask


def test_status_describes_a_running_server(run: RunFolder, any_server: ServerRequest) -> None:
    server = acquire(run, any_server)
    (found,) = status(run.places)
    assert (found.run_id, found.owner_pid, found.is_owner_alive) == (run.run_id, os.getpid(), True)
    assert (found.origin, found.version, found.is_running) == (server.origin, server.version, True)
    assert Path(found.place) == Path(server.host).parent
    assert found.size_bytes > 10_000_000


def test_status_passes_over_folders_that_go_while_it_looks(run: RunFolder, any_server: ServerRequest) -> None:
    base = Path(acquire(run, any_server).host).parent / "data" / "base"
    going, is_over = [base / f"{number}" for number in range(900_000, 900_100)], threading.Event()

    def come_and_go() -> None:
        while not is_over.is_set():
            for folder in going:
                (folder / "inside").mkdir(parents=True)
            for folder in going:
                shutil.rmtree(folder)

    beside = threading.Thread(target=come_and_go)
    beside.start()
    try:
        assert {len(status(run.places)) for _ in range(20)} == {1}
    finally:
        is_over.set()
        beside.join()


def test_status_of_nothing_is_empty(places: Places) -> None:
    assert status(places) == ()


def test_stop_ends_a_living_server_and_it_can_be_had_again(run: RunFolder, any_server: ServerRequest) -> None:
    server = acquire(run, any_server)
    (ended,) = stop(run.places)
    assert ended.run_id == run.run_id
    assert not Path(server.host).exists()
    assert [found.is_running for found in status(run.places)] == [False]
    assert ask(acquire(run, any_server), "SELECT 1") == 1


def test_stop_of_one_run_leaves_the_others(places: Places, any_server: ServerRequest) -> None:
    one, other = create_run(places), create_run(places)
    acquire(one, any_server)
    server = acquire(other, any_server)
    ended = stop(places, run_id=one.run_id)
    answer = ask(server, "SELECT 1")
    close_run(one)
    close_run(other)
    assert [found.run_id for found in ended] == [one.run_id]
    assert answer == 1


def test_clean_removes_cached_clusters_and_leaves_living_runs(own_cache: Places, any_server: ServerRequest) -> None:
    run = create_run(own_cache)
    server = acquire(run, any_server)
    cleaned = clean(own_cache)
    answer = ask(server, "SELECT 1")
    close_run(run)
    assert (len(cleaned.runs), len(cleaned.clusters)) == (0, 1)
    assert cleaned.freed_bytes > 10_000_000
    assert answer == 1


def test_a_broken_record_is_left_out(run: RunFolder) -> None:
    (run.path / "server-broken.json").write_text("{")
    assert status(run.places) == ()
