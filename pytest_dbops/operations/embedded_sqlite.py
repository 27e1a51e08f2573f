"""The embedded SQLite file: kept from run to run, built under another name and renamed when it is complete."""

from __future__ import annotations

import secrets
from pathlib import Path

from pytest_dbops.backends.sqlite.settle import settle
from pytest_dbops.operations.build import BuildOrder, Progress, run_build
from pytest_dbops.operations.built_record import current_template, make_folder, write_record
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.shared import locked

_BESIDE = ("-wal", "-shm", "-journal")


def sqlite_url(file: Path, order: BuildOrder, run: Run, progress: Progress) -> str:
    """Return the URL of the file, built first where there is none or what it was made of has changed."""
    make_folder(file.parent)
    record = file.with_suffix(".json")
    with locked(file.with_suffix(".lock")):
        if not file.exists() or current_template(record, order) is None:
            with failing_once(run.shared_folder(), file.stem):
                _build(file, record, order, progress)
    return f"sqlite:///{file}"


def _build(file: Path, record: Path, order: BuildOrder, progress: Progress) -> None:
    """Build a new file and put it in the old one's place; a build that fails or is killed leaves the old one."""
    for left in file.parent.glob(f"{file.stem}.*.unfinished*"):
        left.unlink(missing_ok=True)
    unfinished = file.with_suffix(f".{secrets.token_hex(4)}.unfinished")
    try:
        built = run_build(order, f"sqlite:///{unfinished}", progress=progress)
        settle(unfinished)
        record.unlink(missing_ok=True)
        _remove_beside(file)
        unfinished.replace(file)
        write_record(record, built)
    finally:
        unfinished.unlink(missing_ok=True)
        _remove_beside(unfinished)


def _remove_beside(file: Path) -> None:
    for beside in _BESIDE:
        file.with_name(file.name + beside).unlink(missing_ok=True)
