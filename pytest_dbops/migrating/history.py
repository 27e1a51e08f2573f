"""Read a project's alembic history from its files: nothing is imported, nothing is run, nothing is connected to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pytest_dbops.core.history import History, HistoryProblem, Revision, make_history
from pytest_dbops.migrating.readings import READINGS
from pytest_dbops.migrating.real_files import RealFiles
from pytest_dbops.migrating.remembered import Remembered
from pytest_dbops.migrating.revision_source import NotARevision, read_revision
from pytest_dbops.migrating.scripts import Scripts, find_scripts

_REVISIONS = Remembered[Revision | None]()
_REVISION_FILE = re.compile(r"(?!\.#|__init__).*\.py")


def read_history(location: Path, *, root: Path) -> History:
    """Return the history of a script folder, an alembic.ini or a pyproject.toml, as alembic would load it.

    root: the project's folder; files are named relative to it, and relative paths of an ini start there.
    Costs one parse a file. What is wrong with a revision is a problem in the history; raises ConfigError only when
    there is no such location or its settings cannot be read.
    """
    return history_of(find_scripts(location, root=root), root=root)


def history_of(scripts: Scripts, *, root: Path) -> History:
    """Return the history of scripts that were found already."""
    read: list[Revision] = []
    problems: list[HistoryProblem] = []
    real, real_root = RealFiles(), root.resolve()
    for path in dict.fromkeys(map(real.of, revision_files(scripts))):
        try:
            read.append(_revision(path, _relative(path, real_root)))
        except NotARevision as err:
            problems.append(err.problem)
    return make_history(read, problems)


def revision_files(scripts: Scripts) -> Iterator[Path]:
    """Yield the files alembic would take for revisions, in its order: of each folder the files first, sorted."""
    for location in scripts.locations:
        for folder, inside, files in os.walk(location):
            inside[:] = sorted(name for name in inside if name != "__pycache__") if scripts.is_recursive else []
            yield from (Path(folder, name) for name in sorted(files) if _REVISION_FILE.fullmatch(name))


def _revision(path: Path, file: str) -> Revision:
    """Return the revision of a file, as it was read before where the file is the same and tells all of it."""
    known = _REVISIONS.get(path, lambda: _told_by_itself(path, file))
    if known is None:
        return read_revision(path, file)
    return known if known.file == file else replace(known, file=file)


def _told_by_itself(path: Path, file: str) -> Revision | None:
    """Return the revision of a file; None where files beside may be part of it (see `digest_of`)."""
    try:
        content = path.read_bytes()
    except OSError:  # reading the revision says so
        return None
    if b"with_name" in content:
        return None
    name = os.fsencode(path.name)
    return READINGS.get(name + b"\0" + content, Revision, lambda: read_revision(path, file, content))


def _relative(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return str(path)
