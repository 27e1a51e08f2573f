"""One server for all processes of a run: the first that needs it starts it, the others attach."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import (
    AdminConnect,
    Candidate,
    Origin,
    Progress,
    ScratchServer,
    ServerRequest,
    parse_server_url,
)
from pytest_dbops.provisioning import containers, launch
from pytest_dbops.provisioning.accounts import Account, server_account
from pytest_dbops.provisioning.discovery import Discovery, discover_first, require
from pytest_dbops.provisioning.ending import close_run, end_server
from pytest_dbops.provisioning.images import (
    SUPERUSER,
    ImageDamaged,
    Recipe,
    copy_image,
    discard_image,
    ensure_image,
)
from pytest_dbops.provisioning.lending import reachable_bindir
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.places import check_socket_path, make_root, roots_with_room
from pytest_dbops.provisioning.processes import identify
from pytest_dbops.provisioning.reaping import reap
from pytest_dbops.provisioning.records import ServerRecord, as_server, load_record, publish, withdraw
from pytest_dbops.provisioning.runs import RunFolder, create_run

START_PATIENCE_S = 240.0
PORT = 5432
SOCKETS = "s"


def quiet(message: str) -> None:
    """Take a progress message and show it to nobody."""


def acquire(
    run: RunFolder, request: ServerRequest, *, connect: AdminConnect | None = None, progress: Progress = quiet
) -> ScratchServer:
    """Return the run's server for this request, started first if no process of the run has done so.

    connect: needed only for a server given as a URL, to ask for its version.
    Raises CannotJudge when no server can be had, ConfigError for a senseless request.
    """
    found = discover_first(request)
    candidate = require(found, request)
    if candidate.origin is Origin.URL:
        return _given_server(run, request, connect)
    key = _key(candidate, request)
    with file_lock(run.path / f"{key}.lock", patience_s=START_PATIENCE_S):
        record = load_record(run, key)
        if record is None or not record.is_alive:
            withdraw(run, key)
            record = _start(run, key, candidate, found, request, progress)
    return as_server(run, record, SUPERUSER)


def release(run: RunFolder, server: ScratchServer) -> None:
    """End one server of the run before the run ends; does nothing for a server given as a URL."""
    record = load_record(run, server.key)
    if record is not None:
        end_server(record)
        withdraw(run, server.key)


@contextmanager
def scratch_server(
    request: ServerRequest, *, connect: AdminConnect | None = None, progress: Progress = quiet
) -> Iterator[ScratchServer]:
    """Start a server for the length of a `with` block, outside any test run."""
    run = create_run()
    try:
        yield acquire(run, request, connect=connect, progress=progress)
    finally:
        close_run(run)


def _given_server(run: RunFolder, request: ServerRequest, connect: AdminConnect | None) -> ScratchServer:
    assert request.url is not None
    if connect is None:
        raise CannotJudge("a scratch server given as a URL needs the PostgreSQL backend")
    address = parse_server_url(request.url.reveal())
    admin = connect(request.url.reveal())
    try:
        version = str(admin.scalar("SHOW server_version")).split()[0]
        user = str(admin.scalar("SELECT current_user"))
    finally:
        admin.close()
    why = "given as a URL"
    if request.major is not None and int(version.split(".")[0]) != request.major:
        why = f"given as a URL; PostgreSQL {request.major} was wanted, it runs {version}"
    return ScratchServer(
        key="url", origin=Origin.URL, why=why, version=version, host=address.host or "/var/run/postgresql",
        port=address.port, superuser=user, run_id=run.run_id, is_private=False,
        maintenance_database=address.database or "postgres", superuser_password=address.password,
        role_secret=run.secret(), options=address.options,
    )  # fmt: skip


def _key(candidate: Candidate, request: ServerRequest) -> str:
    shaped = json.dumps([candidate.origin, candidate.place, candidate.version, request.settings])
    return f"{candidate.origin}-{candidate.major or 'x'}-{hashlib.sha256(shaped.encode()).hexdigest()[:8]}"


def _start(
    run: RunFolder, key: str, candidate: Candidate, found: Discovery, request: ServerRequest, progress: Progress
) -> ServerRecord:
    why = found.note or _origin_text(candidate)
    if candidate.origin is Origin.CONTAINER:
        return containers.start(run, key, candidate.place, request.settings, why, progress)
    reap(run.places)
    account = server_account()
    bindir = reachable_bindir(Path(candidate.place), account, run.places, progress)
    recipe = Recipe(bindir, candidate.version, request.settings, account)
    folder = _copy_cluster(run, recipe, progress)
    progress(f"starting PostgreSQL {candidate.version} from {candidate.place}")
    return _launch(run, key, recipe, folder, why, candidate.origin)


def _origin_text(candidate: Candidate) -> str:
    if candidate.origin is Origin.WHEEL:
        return f"from the wheel {candidate.package}"
    if candidate.origin is Origin.CONTAINER:
        return f"container of {candidate.place}"
    return f"this machine's own, {candidate.place}"


def _copy_cluster(run: RunFolder, recipe: Recipe, progress: Progress) -> Path:
    """Copy the cached cluster for a new server; one that is damaged, or cleaned away meanwhile, is made again."""
    image = ensure_image(recipe, run.places, progress)
    try:
        return _place_copy(run, image, recipe.account)
    except (ImageDamaged, FileNotFoundError):
        discard_image(image)
        return _place_copy(run, ensure_image(recipe, run.places, progress), recipe.account)


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


def _launch(run: RunFolder, key: str, recipe: Recipe, folder: Path, why: str, origin: Origin) -> ServerRecord:
    sockets, data = folder / SOCKETS, folder / "data"
    sockets.mkdir(mode=0o700)
    if recipe.account:
        os.chown(sockets, recipe.account.uid, recipe.account.gid)
    command = (
        str(recipe.bindir / "postgres"), "-D", str(data), "-p", str(PORT),
        "-c", f"unix_socket_directories={sockets}", "-c", "listen_addresses=",
    )  # fmt: skip
    name = f"PostgreSQL {recipe.version} from {str(recipe.bindir)!r}"
    log = run.path / f"{folder.name}.log"
    supervised = launch.start(run, launch.Launch(name, command, (), log, (folder,), recipe.account))
    try:
        launch.wait_until_ready(supervised, data)
        record = ServerRecord(
            key, origin, why, recipe.version, str(sockets), PORT, supervised.identity,
            identify(supervised.server_pid), str(folder), "",
        )  # fmt: skip
        publish(run, record)
    except BaseException:
        supervised.abandon()
        raise
    supervised.keep()
    return record
