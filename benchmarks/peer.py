"""pytest-alembic in a virtual environment of its own: the newest pytest it works with is not the one used here.

The environment is kept in the user's cache. It holds the same alembic, SQLAlchemy and psycopg as this one, so that
both sides run the same statements through the same code.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

from pytest_dbops.provisioning.places import default_places

PYTEST = "9.0.2"
PYTEST_ALEMBIC = "0.13.1"


def peer_python() -> Path:
    """Return the interpreter of the peer's environment, which is made first if there is none; needs an index then."""
    wanted = [
        f"pytest=={PYTEST}", f"pytest-alembic=={PYTEST_ALEMBIC}",
        *(f"{name}=={version(name)}" for name in ("alembic", "sqlalchemy", "psycopg", "psycopg-binary")),
    ]  # fmt: skip
    key = hashlib.sha256(f"{sys.version} {wanted}".encode()).hexdigest()[:12]
    folder = default_places().cache / "bench" / f"pytest-alembic-{PYTEST_ALEMBIC}-{key}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"installing pytest-alembic {PYTEST_ALEMBIC} into {folder} (once)", file=sys.stderr)
        venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
        _install(folder / "bin" / "python", wanted)
        (folder / "complete").touch()
    return folder / "bin" / "python"


def peer_versions() -> str:
    """Return in words what the peer is."""
    return f"pytest-alembic {PYTEST_ALEMBIC} on pytest {PYTEST}"


def _install(python: Path, wanted: list[str]) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the peer cannot be installed: {done.stderr.strip()[-300:]}")
