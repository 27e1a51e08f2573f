"""What a run's workers tell each other about its servers: one JSON file a server, without any password."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import Origin, ScratchServer
from pytest_dbops.provisioning.processes import ProcessIdentity
from pytest_dbops.provisioning.runs import RunFolder

PREFIX = "server-"


@frozen
class ServerRecord:
    """A published server. `postmaster` is None for a server that is not a process of this machine.

    folder: holds its files; empty for a container, whose name is then `container`.
    """

    key: str
    origin: Origin
    version: str
    host: str
    port: int
    supervisor: ProcessIdentity
    postmaster: ProcessIdentity | None
    folder: str
    container: str

    @property
    def is_alive(self) -> bool:
        """Whether the server still runs, as far as its processes tell."""
        return (self.postmaster or self.supervisor).is_alive


def publish(run: RunFolder, record: ServerRecord) -> None:
    """Write a record in one step; a reader sees all of it or nothing."""
    path = _path(run.path, record.key)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(record)))
    draft.rename(path)


def withdraw(run: RunFolder, key: str) -> None:
    """Remove a record, if there is one."""
    _path(run.path, key).unlink(missing_ok=True)


def load_record(run: RunFolder, key: str) -> ServerRecord | None:
    """Return the published server of this key, or None when there is none."""
    return _parse(_path(run.path, key))


def load_records(folder: Path) -> Iterator[ServerRecord]:
    """Yield all servers published in a run's folder; a broken file is left out."""
    for path in sorted(folder.glob(f"{PREFIX}*.json")):
        record = _parse(path)
        if record is not None:
            yield record


def as_server(run: RunFolder, record: ServerRecord, superuser: str, why: str) -> ScratchServer:
    """Return the server as its users see it, with the passwords that the run's secret gives."""
    secret = run.secret() if record.container else None
    server = ScratchServer(
        key=record.key, origin=record.origin, why=why, version=record.version, host=record.host,
        port=record.port, superuser=superuser, run_id=run.run_id, is_private=True, role_secret=secret,
    )  # fmt: skip
    return replace(server, superuser_password=server.role_password(superuser)) if secret else server


def _path(folder: Path, key: str) -> Path:
    return folder / f"{PREFIX}{key}.json"


def _parse(path: Path) -> ServerRecord | None:
    try:
        fields = json.loads(path.read_text())
        postmaster = fields.pop("postmaster")
        return ServerRecord(
            **fields | {
                "origin": Origin(fields["origin"]),
                "supervisor": ProcessIdentity(**fields["supervisor"]),
                "postmaster": ProcessIdentity(**postmaster) if postmaster else None,
            }
        )  # fmt: skip
    except (OSError, ValueError, TypeError, KeyError):
        return None
