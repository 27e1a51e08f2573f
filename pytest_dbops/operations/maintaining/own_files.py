"""Files of the tool's own that nobody needs: old reports, logs that have grown, parts of files never finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_dbops.config.logs import AREAS
from pytest_dbops.config.model import Config
from pytest_dbops.core.finding import Code
from pytest_dbops.core.maintenance.estimate import Rates
from pytest_dbops.core.maintenance.step import FileWork, Step, Window
from pytest_dbops.core.maintenance.tasks import NO_LOCK, TASKS
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes

_TASK = TASKS["clean_files"]
_REPORTS = ("gate.json", "gate.txt", "junit-dbops-*.xml")
_PART, _PART_AGE = ".*.part", timedelta(days=1)
"""What a write that was killed leaves (see `core.durable`)."""


def cleaning(config: Config, environment: str, *, now: datetime) -> Step | None:
    """Return the step that cleans the tool's own folders; None when there is nothing to clean."""
    works = tuple(_works(config, environment, now))
    if not works:
        return None
    freed = sum(_size(Path(work.to if work.to else work.path)) for work in works)
    seconds, basis = Rates().estimate(_TASK, 0)
    return Step(
        _TASK.name, Code(""), config.root.name,
        f"{len(works)} files of dbops itself in {config.root.name!r} are old, left over or have grown",
        tuple(f"{'move' if work.to else 'remove'} {_shown(work, config)}" for work in works), NO_LOCK, False, freed,
        seconds, basis, Window.ANY_TIME, "none: what is removed is gone; a log put aside keeps its lines",
        Severity.INFO, files=works, note=f"frees {render_bytes(freed)}; nothing outside of these folders is touched",
    )  # fmt: skip


def clean(step: Step) -> None:
    """Remove and move the files of a step; one that is gone already is no fault. Raises OSError."""
    for work in step.files:
        try:
            if work.to:
                Path(work.path).replace(work.to)
            else:
                Path(work.path).unlink()
        except FileNotFoundError:
            continue


def _works(config: Config, environment: str, now: datetime) -> Iterator[FileWork]:
    reports, own = config.path(config.gate.reports_dir), config.root / ".dbops"
    oldest = now - timedelta(days=config.maintenance.keep_reports_days)
    for pattern in _REPORTS:
        yield from (FileWork(str(file)) for file in _files(reports, f"*/{pattern}") if _written(file) < oldest)
    for folder in (reports, own):
        yield from (FileWork(str(file)) for file in _files(folder, f"**/{_PART}") if _written(file) < now - _PART_AGE)
    if config.logging.dir:
        names = {f"{area}.log" for area in AREAS} | {f"database-{environment}.log"}
        for file in _files(config.path(config.logging.dir), "*.log"):
            if file.name in names and _size(file) >= config.maintenance.log_bytes:
                yield FileWork(str(file), f"{file}.1")


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return regular files below a folder; a link may lead elsewhere, so neither it nor what is behind it counts."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    inside = folder.resolve()
    return sorted(
        file
        for file in folder.glob(pattern)
        if not file.is_symlink() and file.is_file() and file.resolve().is_relative_to(inside)
    )


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _shown(work: FileWork, config: Config) -> str:
    names = [Path(name) for name in (work.path, work.to) if name]
    return " to ".join(str(n.relative_to(config.root) if n.is_relative_to(config.root) else n) for n in names)
