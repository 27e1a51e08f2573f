"""Where the peers of a benchmark live: in virtual environments of their own, made once a user and kept in /tmp.

As root, both sides run as an unprivileged user that may read root's files: PostgreSQL refuses to run as root, and the
peer starts it as whoever runs pytest.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

POSTGRESQL_PEER = "pytest-postgresql"
_UNPRIVILEGED = "nobody"


def peer_python(*requirements: str) -> Path:
    """Return the interpreter of an environment with these requirements and our own pytest and psycopg."""
    same = [f"pytest=={version('pytest')}", f"psycopg[binary]=={version('psycopg')}"]
    folder = Path(tempfile.gettempdir(), f"dbops-bench-{os.getuid()}", "-".join(requirements))
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, *requirements, *same], check=True, stdout=sys.stderr)
        (folder / "complete").touch()
    return python


def unprivileged() -> tuple[str, ...]:
    """Return what to put before a command so that PostgreSQL is willing to run under it."""
    if os.getuid() != 0:
        return ()
    account = pwd.getpwnam(_UNPRIVILEGED)
    reading = "+dac_read_search"
    return (
        "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
        f"--inh-caps={reading}", f"--ambient-caps={reading}",
    )  # fmt: skip


def give_away(folder: Path) -> None:
    """Let the unprivileged user write below a folder."""
    if os.getuid() == 0:
        account = pwd.getpwnam(_UNPRIVILEGED)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
