"""Make server binaries reachable for the account a server runs as; those under root's home are not."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import Progress
from pytest_dbops.provisioning.accounts import Account
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.places import Places, make_root

COPY_PATIENCE_S = 120.0


def reachable_bindir(bindir: Path, account: Account | None, places: Places, progress: Progress) -> Path:
    """Return the directory itself, or a copy of its installation that every account can read.

    Raises CannotJudge when an installation cannot be moved (its `lib` and `share` are not beside `bin`).
    """
    if account is None or is_open_to_all(bindir / "postgres"):
        return bindir
    home = bindir.parent
    if not (home / "lib").is_dir() or not (home / "share").is_dir():
        raise CannotJudge(
            f"the account servers run as cannot read {str(bindir)!r}, and it cannot be copied"
            f" (make it readable for all, or run: chmod o+x on its parent directories)"
        )
    make_root(places.disk)
    store = places.disk / "binaries"
    store.mkdir(mode=0o711, exist_ok=True)
    store.chmod(0o711)
    copy = store / _key(bindir)
    with file_lock(store / f"{copy.name}.lock", patience_s=COPY_PATIENCE_S):
        if not copy.exists():
            progress(f"copying server binaries that only root can read to {store}")
            _copy(home, copy)
    return copy / home.parent.name / home.name / "bin"


def is_open_to_all(file: Path) -> bool:
    """Tell whether any account may run a file: it and all directories above it are open to others."""
    wanted = stat.S_IROTH | stat.S_IXOTH
    if file.stat().st_mode & wanted != wanted:
        return False
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in file.resolve().parents)


def _key(bindir: Path) -> str:
    found = (bindir / "postgres").stat()
    return hashlib.sha256(f"{bindir}|{found.st_size}|{found.st_mtime_ns}".encode()).hexdigest()[:16]


def _copy(home: Path, copy: Path) -> None:
    """Copy an installation, and the libraries a wheel keeps beside its package (`<package>.libs`)."""
    package = home.parent
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=copy.parent))
    try:
        shutil.copytree(home, draft / package.name / home.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(copy)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
