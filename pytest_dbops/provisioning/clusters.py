"""A server of our own: a copy of a cached cluster, and `postgres` running on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from signal import Signals

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import Candidate, Origin, Progress
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import launch
from pytest_dbops.provisioning.accounts import Account, server_account
from pytest_dbops.provisioning.images import ImageDamaged, Recipe, copy_image, discard_image
from pytest_dbops.provisioning.lending import reachable_bindir
from pytest_dbops.provisioning.places import Places, check_socket_path, make_root, roots_with_room
from pytest_dbops.provisioning.processes import identify, send_signal, wait_until_gone
from pytest_dbops.provisioning.records import ServerRecord, publish
from pytest_dbops.provisioning.runs import RunFolder

PORT = 5432
SOCKETS = "s"
SHUTDOWN_PATIENCE_S = 120.0


def recipe_of(candidate: Candidate, request: ServerRequest, places: Places, progress: Progress) -> Recipe:
    """Return what shapes the cluster of a candidate that is binaries."""
    account = server_account()
    bindir = reachable_bindir(Path(candidate.place), account, places, progress)
    return Recipe(bindir, candidate.version, request.settings, account)


def copy_cluster(run: RunFolder, account: Account | None, ensure: Callable[[], Path]) -> Path:
    """Return a new server's folder with a copy of a cached cluster in `data`.

    ensure: returns the cached cluster, made first if there is none; asked again when it turns out to be
    damaged, or was cleaned away meanwhile.
    """
    image = ensure()
    try:
        return _place_copy(run, image, account)
    except (ImageDamaged, FileNotFoundError):
        discard_image(image)
        return _place_copy(run, ensure(), account)


def launch_cluster(
    run: RunFolder, key: str, origin: Origin, recipe: Recipe, folder: Path, *, removed: tuple[Path, ...]
) -> ServerRecord:
    """Start the server of a copied cluster and publish it; `removed` are the folders that go when it ends."""
    sockets, data = folder / SOCKETS, folder / "data"
    sockets.mkdir(mode=0o700)
    if recipe.account:
        os.chown(sockets, recipe.account.uid, recipe.account.gid)
    command = (
        str(recipe.bindir / "postgres"), "-D", str(data), "-p", str(PORT),
        *(part for name, value in recipe.settings for part in ("-c", f"{name}={value}")),
        "-c", f"unix_socket_directories={sockets}", "-c", "listen_addresses=",
    )  # fmt: skip
    name = f"PostgreSQL {recipe.version} from {str(recipe.bindir)!r}"
    log = run.path / f"{folder.name}.log"
    supervised = launch.start(run, launch.Launch(name, command, (), log, removed, recipe.account))
    try:
        launch.wait_until_ready(supervised, data)
        record = ServerRecord(
            key, origin, recipe.version, str(sockets), PORT, supervised.identity,
            identify(supervised.server_pid), str(folder), "",
        )  # fmt: skip
        publish(run, record)
    except BaseException:
        supervised.abandon()
        raise
    supervised.keep()
    return record


def stop_cleanly(record: ServerRecord) -> None:
    """Stop a server with a checkpoint, so that its files can be copied; raises CannotJudge if it will not stop."""
    assert record.postmaster is not None
    send_signal(record.postmaster, Signals.SIGINT)
    if not wait_until_gone(record.postmaster, patience_s=SHUTDOWN_PATIENCE_S):
        raise CannotJudge(f"PostgreSQL {record.version} did not stop within {SHUTDOWN_PATIENCE_S:.0f} s")


def _place_copy(run: RunFolder, image: Path, account: Account | None) -> Path:
    """Copy the image to the fastest root with room; a file system that fills up while copying is left again."""
    roots = roots_with_room(run.places)
    for root in roots:
        folder = None
        try:
            make_root(root)
            (root / run.name).mkdir(mode=0o711 if account else 0o700, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="pg-", dir=root / run.name))
            check_socket_path(folder / SOCKETS)
            if account:
                folder.chmod(0o711)
            copy_image(image, folder / "data", account)
        except (OSError, ImageDamaged) as err:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(err, FileNotFoundError | ImageDamaged):
                raise
            if root == roots[-1]:
                raise CannotJudge(f"cannot put a server's files under {str(root)!r}: {err.strerror}") from err
        else:
            return folder
    raise AssertionError("roots_with_room returned nothing")
