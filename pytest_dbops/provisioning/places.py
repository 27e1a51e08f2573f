"""Where scratch servers put their files: a memory file system, a temporary directory, the user's cache."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen

MEMORY_FILE_SYSTEM = Path("/dev/shm")
MEMORY_ROOM_BYTES = 512 * 1024 * 1024
DISK_ROOM_BYTES = 128 * 1024 * 1024
# A path of macOS's temporary directory leaves no room for a socket's name below it.
SHORT_TEMPORARY = Path("/tmp")
LONGEST_TEMPORARY_BYTES = 24
SOCKET_PATH_BYTES = 100
SOCKET_NAME = ".s.PGSQL.5432"


@frozen
class Places:
    """Three roots of our own; `memory` is None where there is no memory file system.

    memory, disk: hold runs and go with them; `cache` outlives runs.
    """

    memory: Path | None
    disk: Path
    cache: Path

    @property
    def roots(self) -> tuple[Path, ...]:
        """The roots that hold runs, fastest first."""
        return (self.memory, self.disk) if self.memory else (self.disk,)


def default_places(environ: Mapping[str, str] = os.environ) -> Places:
    """Return the places of this user; nothing is made yet."""
    own = f"dbops-{os.getuid()}"
    has_memory = MEMORY_FILE_SYSTEM.is_dir() and os.access(MEMORY_FILE_SYSTEM, os.W_OK | os.X_OK)
    caches = _cache_home(environ)
    disk = Path(tempfile.gettempdir())
    if len(os.fsencode(disk)) > LONGEST_TEMPORARY_BYTES and _is_usable(SHORT_TEMPORARY):
        disk = SHORT_TEMPORARY
    return Places(
        memory=MEMORY_FILE_SYSTEM / own if has_memory else None,
        disk=disk / own,
        cache=caches / "pytest-dbops" if caches and _is_usable(caches) else disk / own / "cache",
    )


def make_root(path: Path) -> None:
    """Make a root only its owner may write to; raises CannotJudge when another user got there first."""
    mode = 0o711 if os.getuid() == 0 else 0o700
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise CannotJudge(f"{str(path)!r} belongs to another user (set TMPDIR to a directory of your own)")
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)


def roots_with_room(places: Places, *, memory_bytes: int = MEMORY_ROOM_BYTES) -> list[Path]:
    """Return the roots a server's files fit in, fastest first; raises CannotJudge when there is none."""
    fitting = []
    for root in places.roots:
        needed = memory_bytes if root == places.memory else DISK_ROOM_BYTES
        if _free_bytes(root.parent) >= needed:
            fitting.append(root)
    if not fitting:
        tried = ", ".join(f"{root.parent} {_free_bytes(root.parent) // 2**20} MB" for root in places.roots)
        raise CannotJudge(f"no room for a scratch server: {tried} free, {DISK_ROOM_BYTES // 2**20} MB needed")
    return fitting


def check_socket_path(folder: Path) -> None:
    """Raise CannotJudge when a Unix socket in this folder would have a path the system cuts off."""
    length = len(os.fsencode(folder / SOCKET_NAME))
    if length >= SOCKET_PATH_BYTES:
        raise CannotJudge(
            f"the socket path {str(folder)!r} has {length} bytes; fewer than {SOCKET_PATH_BYTES} are allowed"
            " (set TMPDIR to a shorter directory)"
        )


def _cache_home(environ: Mapping[str, str]) -> Path | None:
    given = environ.get("XDG_CACHE_HOME", "")
    if given.startswith("/"):
        return Path(given)
    try:
        return Path("~/.cache").expanduser()
    except RuntimeError:  # an account without a home, as containers give
        return None


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _is_usable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)
