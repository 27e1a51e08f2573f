"""End servers and remove what they left, whether their supervisors still live or not."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from signal import Signals

from pytest_dbops.provisioning import containers
from pytest_dbops.provisioning.places import Places
from pytest_dbops.provisioning.processes import ProcessIdentity, identify, send_signal, wait_until_gone
from pytest_dbops.provisioning.records import ServerRecord, load_records
from pytest_dbops.provisioning.runs import RunFolder

SUPERVISOR_PATIENCE_S = 10.0
SERVER_PATIENCE_S = 3.0


def close_run(run: RunFolder) -> None:
    """End all servers of a run and remove its files; for its owner, at the end; may be repeated."""
    for descriptor in run.descriptors:
        with suppress(OSError):  # closed before: this may be repeated
            os.close(descriptor)
    end_run(run.path.name, run.places)


def end_run(name: str, places: Places) -> None:
    """End what still runs of a run and remove its files under all roots; its owner is done or dead."""
    records = [record for root in places.roots for record in load_records(root / name)]
    for record in records:
        send_signal(record.supervisor, Signals.SIGTERM)
    for record in records:
        end_server(record)
    for folder in _folders(name, places):
        for postmaster in _postmasters_in(folder):
            _end_postmaster(postmaster)
        if containers.remove_all(folder):
            shutil.rmtree(folder, ignore_errors=True)


def end_server(record: ServerRecord) -> None:
    """End one server: by its supervisor, or directly where that has gone."""
    send_signal(record.supervisor, Signals.SIGTERM)
    wait_until_gone(record.supervisor, patience_s=SUPERVISOR_PATIENCE_S)
    if record.postmaster:
        _end_postmaster(record.postmaster)
    if record.folder:
        shutil.rmtree(record.folder, ignore_errors=True)


def _folders(name: str, places: Places) -> list[Path]:
    return [root / name for root in places.roots if (root / name).is_dir()]


def _postmasters_in(folder: Path) -> list[ProcessIdentity]:
    """Return servers that run in data directories below a folder, even if they were never published."""
    found = []
    for pid_file in folder.glob("*/data/postmaster.pid"):
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            continue
        identity = identify(pid)
        if identity is not None and _works_in(pid, pid_file.parent):
            found.append(identity)
    return found


def _works_in(pid: int, data: Path) -> bool:
    """Tell whether a process is the server of this data directory: PostgreSQL makes it its working directory."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    except OSError:
        return _names_in_command(pid, data)


def _names_in_command(pid: int, data: Path) -> bool:
    told = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(data) in told.stdout


def _end_postmaster(postmaster: ProcessIdentity) -> None:
    for number in (Signals.SIGQUIT, Signals.SIGKILL):
        if not send_signal(postmaster, number) or wait_until_gone(postmaster, patience_s=SERVER_PATIENCE_S):
            return
