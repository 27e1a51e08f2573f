"""The folder of one run: who owns it, what its servers are, and the pipe whose end tells them to go."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import asdict, field
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import Secret
from pytest_dbops.provisioning.locks import try_lock
from pytest_dbops.provisioning.places import Places, default_places, make_root
from pytest_dbops.provisioning.processes import ProcessIdentity, current_process

PREFIX = "run-"


@frozen
class RunFolder:
    """A run as its controller and all its workers see it.

    run_id: `<random>_<owner pid>_<owner start>`, part of every name the run makes.
    descriptors: what the owner holds open for as long as it lives; empty in workers.
    """

    path: Path
    run_id: str
    owner: ProcessIdentity
    places: Places
    descriptors: tuple[int, ...] = field(default=(), repr=False, compare=False)

    @property
    def name(self) -> str:
        """The folder's name, the same under every root."""
        return PREFIX + self.run_id

    def secret(self) -> Secret:
        """Return the run's secret, from which passwords of its servers and roles are derived."""
        return Secret((self.path / "secret").read_text())


def create_run(places: Places | None = None) -> RunFolder:
    """Make a run owned by the calling process; servers acquired in it end when this process ends."""
    places = places or default_places()
    owner = current_process()
    run_id = f"{secrets.token_hex(4)}_{owner.pid}_{owner.start}"
    root = _first_usable(places)
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    draft.chmod(0o711 if os.getuid() == 0 else 0o700)
    record = {
        "run_id": run_id,
        "owner": asdict(owner),
        "places": {name: str(place) for name, place in asdict(places).items() if place},
    }
    (draft / "owner.json").write_text(json.dumps(record))
    _write_private(draft / "secret", secrets.token_hex(16))
    os.mkfifo(draft / "alive", 0o600)
    lock = try_lock(draft / "owner.lock")
    path = root / (PREFIX + run_id)
    draft.rename(path)
    return RunFolder(path, run_id, owner, places, _hold_open(path, lock))


def attach_run(path: Path) -> RunFolder:
    """Return the run in a folder that another process made; raises CannotJudge when it is gone."""
    try:
        record = json.loads((path / "owner.json").read_text())
        places = {name: Path(place) for name, place in record["places"].items()}
        return RunFolder(
            path, record["run_id"], ProcessIdentity(**record["owner"]),
            Places(places.get("memory"), places["disk"], places["cache"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise CannotJudge(f"the run folder {str(path)!r} is gone or broken (run: dbops scratch clean)") from None


def _first_usable(places: Places) -> Path:
    for root in places.roots[:-1]:
        try:
            make_root(root)
        except (OSError, CannotJudge):
            continue
        return root
    make_root(places.roots[-1])
    return places.roots[-1]


def _hold_open(path: Path, lock: int | None) -> tuple[int, ...]:
    # A reader has to be there first, else opening the writing end without waiting is refused.
    reader = os.open(path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path / "alive", os.O_WRONLY | os.O_NONBLOCK)
    os.close(reader)
    return (writer,) if lock is None else (writer, lock)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
