"""A server of our own: a copy of a cached cluster, and `postgres` running on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from signal import Signals
from typing import TypeVar

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import Candidate, Origin, Progress
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import launch
from pytest_dbops.provisioning.accounts import Account, server_account
from pytest_dbops.provisioning.images import ImageDamaged, Recipe, copy_image, damaged, discard_image, size_of
from pytest_dbops.provisioning.lending import reachable_bindir
from pytest_dbops.provisioning.places import Places, check_socket_path, make_root, roots_with_room
from pytest_dbops.provisioning.processes import identify, send_signal, wait_until_gone
from pytest_dbops.provisioning.records import ServerRecord, publish
from pytest_dbops.provisioning.runs import RunFolder

PORT = 5432
SOCKETS = "s"
SHUTDOWN_PATIENCE_S = 120.0

Copied = TypeVar("Copied")
Begun = Callable[[Path], tuple[Path, launch.Supervised] | None]


def recipe_of(candidate: Candidate, request: ServerRequest, places: Places, progress: Progress) -> Recipe:
    """Return what shapes the cluster of a candidate that is binaries."""
    account = server_account()
    bindir = reachable_bindir(Path(candidate.place), account, places, progress)
    return Recipe(bindir, candidate.version, request.settings, account)


def start_copy(
    run: RunFolder, key: str, origin: Origin, recipe: Recipe, ensure: Callable[[], Path], *,
    meanwhile: Callable[[], None] = lambda: None, begun: Begun = lambda image: None,
) -> ServerRecord:  # fmt: skip
    """Start the server of a copy of a cached cluster, which goes when it ends, and publish it.

    The supervisor copies, so that this process can do something else: `meanwhile` is called.
    ensure: as in `copy_cluster`. begun: returns the server of an image, with its folder, that is being started already.
    """

    def start(image: Path) -> tuple[Path, launch.Supervised]:
        return begun(image) or _placed(
            run, recipe.account, lambda folder: _start_copying(run, recipe, image, folder, meanwhile)
        )

    folder, supervised = _of_whole_image(ensure, start)
    return _published(run, key, origin, recipe, folder, supervised)


def begin_copy(run: RunFolder, recipe: Recipe, image: Path, folder: Path) -> launch.Begun:
    """Let a supervisor copy an image into a folder and start its server, and do not wait for it."""
    copied = (str(image / "data"), str(folder / "data"), *size_of(image))
    return launch.begin(run, replace(_launch(run, recipe, folder, (folder,)), copied=copied))


def folder_for(run: RunFolder, root: Path, account: Account | None) -> Path:
    """Make the folder of a new server below a root."""
    make_root(root)
    (root / run.name).mkdir(mode=0o711 if account else 0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=root / run.name))
    if account:
        folder.chmod(0o711)
    try:
        check_socket_path(folder / SOCKETS)
    except CannotJudge:
        folder.rmdir()
        raise
    return folder


def copy_cluster(run: RunFolder, account: Account | None, ensure: Callable[[], Path]) -> Path:
    """Return a new server's folder with a copy of a cached cluster in `data`.

    ensure: returns the cached cluster, made first if there is none; asked again when it turns out to be
    damaged, or was cleaned away meanwhile.
    """

    def copy(image: Path) -> Path:
        return _placed(run, account, lambda folder: copy_image(image, folder / "data", account))[0]

    return _of_whole_image(ensure, copy)


def launch_cluster(
    run: RunFolder, key: str, origin: Origin, recipe: Recipe, folder: Path, *, removed: tuple[Path, ...]
) -> ServerRecord:
    """Start the server of a copied cluster and publish it; `removed` are the folders that go when it ends."""
    supervised = launch.start(run, _launch(run, recipe, folder, removed))
    return _published(run, key, origin, recipe, folder, supervised)


def stop_cleanly(record: ServerRecord) -> None:
    """Stop a server with a checkpoint, so that its files can be copied; raises CannotJudge if it will not stop."""
    assert record.postmaster is not None
    send_signal(record.postmaster, Signals.SIGINT)
    if not wait_until_gone(record.postmaster, patience_s=SHUTDOWN_PATIENCE_S):
        raise CannotJudge(f"PostgreSQL {record.version} did not stop within {SHUTDOWN_PATIENCE_S:.0f} s")


def _launch(run: RunFolder, recipe: Recipe, folder: Path, removed: tuple[Path, ...]) -> launch.Launch:
    """Return what the supervisor of a server in a folder starts, in which it has made room for the socket."""
    sockets = folder / SOCKETS
    sockets.mkdir(mode=0o700)
    if recipe.account:
        os.chown(sockets, recipe.account.uid, recipe.account.gid)
    command = (
        str(recipe.bindir / "postgres"), "-D", str(folder / "data"), "-p", str(PORT),
        *(part for name, value in recipe.settings for part in ("-c", f"{name}={value}")),
        "-c", f"unix_socket_directories={sockets}", "-c", "listen_addresses=",
    )  # fmt: skip
    name = f"PostgreSQL {recipe.version} from {str(recipe.bindir)!r}"
    return launch.Launch(name, command, (), run.path / f"{folder.name}.log", removed, recipe.account)


def _start_copying(
    run: RunFolder, recipe: Recipe, image: Path, folder: Path, meanwhile: Callable[[], None]
) -> launch.Supervised:
    begun = begin_copy(run, recipe, image, folder)
    try:
        meanwhile()
    except BaseException:
        begun.abandon()
        raise
    try:
        return begun.started()
    except launch.Incomplete:
        raise damaged(image) from None


def _published(
    run: RunFolder, key: str, origin: Origin, recipe: Recipe, folder: Path, supervised: launch.Supervised
) -> ServerRecord:
    """Wait until a server takes connections, tell the run's other processes, and let it live."""
    try:
        launch.wait_until_ready(supervised, folder / "data")
        record = ServerRecord(
            key, origin, recipe.version, str(folder / SOCKETS), PORT, supervised.identity,
            identify(supervised.server_pid), str(folder), "",
        )  # fmt: skip
        publish(run, record)
    except BaseException:
        supervised.abandon()
        raise
    supervised.keep()
    return record


def _of_whole_image(ensure: Callable[[], Path], copy: Callable[[Path], Copied]) -> Copied:
    """Return what `copy` makes of an image, made again when it is damaged or was cleaned away meanwhile."""
    image = ensure()
    try:
        return copy(image)
    except (ImageDamaged, FileNotFoundError):
        discard_image(image)
        return copy(ensure())


def _placed(run: RunFolder, account: Account | None, fill: Callable[[Path], Copied]) -> tuple[Path, Copied]:
    """Make a folder in the fastest root with room and fill it; a file system that fills up meanwhile is left again."""
    roots = roots_with_room(run.places)
    for root in roots:
        folder = None
        try:
            folder = folder_for(run, root, account)
            filled = fill(folder)
        except (OSError, ImageDamaged) as err:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(err, FileNotFoundError | ImageDamaged):
                raise
            if root == roots[-1]:
                raise CannotJudge(f"cannot put a server's files under {str(root)!r}: {err.strerror}") from err
        else:
            return folder, filled
    raise AssertionError("roots_with_room returned nothing")
