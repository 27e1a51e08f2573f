"""One server for all processes of a run: the first that needs it starts it, the others attach."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import AdminConnect, Candidate, Origin, Progress, ScratchServer
from pytest_dbops.core.server_request import ServerRequest, parse_server_url
from pytest_dbops.provisioning import containers
from pytest_dbops.provisioning.binaries import leading_version
from pytest_dbops.provisioning.clusters import recipe_of, start_copy
from pytest_dbops.provisioning.discovery import Discovery, discover_first, require
from pytest_dbops.provisioning.ending import close_run, end_server
from pytest_dbops.provisioning.images import SUPERUSER, ensure_image
from pytest_dbops.provisioning.leftovers import drop_left_over
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.reaping import reap
from pytest_dbops.provisioning.records import ServerRecord, as_server, load_record, withdraw
from pytest_dbops.provisioning.runs import RunFolder, create_run

START_PATIENCE_S = 900.0


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
    key = server_key(candidate, request)
    record = shared_server(run, key, lambda: _start(run, key, candidate, request, progress))
    return as_server(run, record, SUPERUSER, reason_for(found, candidate))


def shared_server(run: RunFolder, key: str, start: Callable[[], ServerRecord]) -> ServerRecord:
    """Return the run's server of this key; the first process that asks starts it, the others wait for that."""
    with file_lock(run.path / f"{key}.lock", patience_s=START_PATIENCE_S):
        record = load_record(run, key)
        if record is None or not record.is_alive:
            withdraw(run, key)
            reap(run.places)
            record = start()
    return record


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
    with closing(connect(request.url.reveal())) as admin:
        version = leading_version(str(admin.scalar("SHOW server_version")))
        user = str(admin.scalar("SELECT current_user"))
        drop_left_over(admin)
    why = "given as a URL"
    if request.major is not None and int(version.split(".")[0]) != request.major:
        why = f"given as a URL; PostgreSQL {request.major} was wanted, it runs {version}"
    return ScratchServer(
        key="url", origin=Origin.URL, why=why, version=version, host=address.host or "/var/run/postgresql",
        port=address.port, superuser=user, run_id=run.run_id, is_private=False,
        maintenance_database=address.database or "postgres", superuser_password=address.password,
        role_secret=run.secret(), options=address.options,
    )  # fmt: skip


def server_key(candidate: Candidate, request: ServerRequest, *more: str) -> str:
    """Return the name of a server within its run: the same for all requests that can share it."""
    shaped = json.dumps([candidate.origin, candidate.place, candidate.version, request.settings, *more])
    return f"{candidate.origin}-{candidate.major or 'x'}-{hashlib.sha256(shaped.encode()).hexdigest()[:8]}"


def _start(run: RunFolder, key: str, candidate: Candidate, request: ServerRequest, progress: Progress) -> ServerRecord:
    if candidate.origin is Origin.CONTAINER:
        return containers.start(run, key, candidate.place, request.settings, progress)
    recipe = recipe_of(candidate, request, run.places, progress)
    progress(f"starting PostgreSQL {candidate.version} from {candidate.place}")
    return start_copy(run, key, candidate.origin, recipe, lambda: ensure_image(recipe, run.places, progress))


def reason_for(found: Discovery, candidate: Candidate) -> str:
    """Return one line that tells where a server comes from, and whether the wanted major version was honoured."""
    if found.note:
        return found.note
    if candidate.origin is Origin.WHEEL:
        return f"from the wheel {candidate.package}"
    if candidate.origin is Origin.CONTAINER:
        return f"container of {candidate.place}"
    return f"this machine's own, {candidate.place}"
