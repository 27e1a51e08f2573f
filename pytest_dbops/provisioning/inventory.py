"""What `dbops scratch status | stop | clean` do: show, end and clean up the scratch servers of this user."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import ServerStatus
from pytest_dbops.provisioning.ending import end_server
from pytest_dbops.provisioning.headstart import FOLDER as STARTS
from pytest_dbops.provisioning.images import discard_image
from pytest_dbops.provisioning.places import Places, default_places
from pytest_dbops.provisioning.processes import ProcessIdentity
from pytest_dbops.provisioning.reaping import reap, runs_of
from pytest_dbops.provisioning.records import ServerRecord, load_records
from pytest_dbops.provisioning.runs import PREFIX
from pytest_dbops.provisioning.versions import FILE as VERSIONS


@frozen
class Cleaned:
    """What `clean` removed: runs of dead owners, cached clusters, copies of binaries; bytes of all of it."""

    runs: tuple[str, ...]
    clusters: tuple[str, ...]
    freed_bytes: int


def status(places: Places | None = None) -> tuple[ServerStatus, ...]:
    """Return all scratch servers of this user, of living and of dead runs."""
    places = places or default_places()
    return tuple(_describe(record, name, owner) for name, owner in runs_of(places) for record in _records(name, places))


def stop(places: Places | None = None, *, run_id: str | None = None) -> tuple[ServerStatus, ...]:
    """End the running servers of one run, or of all runs of this user; return what was ended."""
    places = places or default_places()
    ended = []
    for name, owner in runs_of(places):
        for record in _records(name, places) if run_id in (None, name.removeprefix(PREFIX)) else []:
            if record.is_alive:
                ended.append(_describe(record, name, owner))
                end_server(record)
    return tuple(ended)


def clean(places: Places | None = None) -> Cleaned:
    """Remove what dead runs left, all cached clusters and copies of binaries, and what is noted; living runs stay."""
    places = places or default_places()
    before = _size_of(places)
    runs = reap(places)
    images = [path for path in (places.cache / "clusters").glob("pg*") if path.is_dir()]
    for image in images:
        discard_image(image)
    shutil.rmtree(places.cache / STARTS, ignore_errors=True)
    (places.cache / VERSIONS).unlink(missing_ok=True)
    if not runs_of(places):
        shutil.rmtree(places.disk / "binaries", ignore_errors=True)
    return Cleaned(runs, tuple(image.name for image in images), max(0, before - _size_of(places)))


def _records(name: str, places: Places) -> list[ServerRecord]:
    return [record for root in places.roots for record in load_records(root / name)]


def _describe(record: ServerRecord, name: str, owner: ProcessIdentity) -> ServerStatus:
    return ServerStatus(
        run_id=name.removeprefix(PREFIX), owner_pid=owner.pid, is_owner_alive=owner.is_alive,
        origin=record.origin, version=record.version, place=record.folder or record.container,
        is_running=record.is_alive, size_bytes=_bytes_in(Path(record.folder)) if record.folder else 0,
    )  # fmt: skip


def _size_of(places: Places) -> int:
    return sum(_bytes_in(folder) for folder in {*places.roots, places.cache / "clusters"})


def _bytes_in(folder: Path) -> int:
    size = 0
    for inside, _, names in os.walk(folder):  # passes over folders that are gone meanwhile, as of a dropped database
        for name in names:
            with suppress(OSError):  # gone meanwhile
                size += Path(inside, name).lstat().st_size
    return size
