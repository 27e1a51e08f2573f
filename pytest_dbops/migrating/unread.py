"""Find files that say they are revisions and lie where alembic does not look: it says no word of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_dbops.core.history.unread import UnreadFolder, UnreadRevisions
from pytest_dbops.migrating.history import revision_files
from pytest_dbops.migrating.real_files import RealFiles
from pytest_dbops.migrating.scripts import Scripts

_NO_REVISION = b"__init__.py", b"env.py"
_ASSIGNS = tuple(re.compile(rb"^%s\s*(:[^=\n]+)?=" % name, re.MULTILINE) for name in (b"revision", b"down_revision"))


def find_unread(scripts: Scripts, *, root: Path) -> UnreadRevisions:
    """Return the revision files below the script folder that its history does not hold; reads them as text alone."""
    real, real_root = RealFiles(), root.resolve()
    read = set(map(real.of, revision_files(scripts)))
    folders = []
    for folder, names in _python_files(scripts.folder):
        found = [name for name in names if real.of(folder / name) not in read and _says_revision(folder / name)]
        if found:
            folders.append(UnreadFolder(_shown(real.of(folder), real_root), tuple(found)))
    settings = scripts.ini.name if scripts.ini else "pyproject.toml"
    return UnreadRevisions(tuple(sorted(folders, key=lambda each: each.folder)), settings)


def _python_files(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield the folders below one with their files of Python, sorted; hidden ones are nobody's history."""
    for place, inside, files in os.walk(folder):
        inside[:] = sorted(name for name in inside if name != "__pycache__" and not name.startswith("."))
        yield Path(place), sorted(name for name in files if name.endswith(".py"))


def _says_revision(file: Path) -> bool:
    if os.fsencode(file.name) in _NO_REVISION:
        return False
    try:
        source = file.read_bytes()
    except OSError:
        return False
    return all(pattern.search(source) for pattern in _ASSIGNS)


def _shown(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)
