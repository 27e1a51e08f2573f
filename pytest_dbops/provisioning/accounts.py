"""The account a server runs as: PostgreSQL refuses to run as root, so root lends it an unprivileged one."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen

# Not `postgres`: that account owns the machine's real clusters, and a scratch superuser can run programs.
UNPRIVILEGED = "nobody"
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


@frozen
class Account:
    """An account that servers run as instead of root."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the account to run servers as, or None to run them as the calling user."""
    if os.getuid() != 0:
        return None
    try:
        found = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise CannotJudge(
            f"PostgreSQL does not run as root and this machine has no account {UNPRIVILEGED!r} (run as another user)"
        ) from None
    return Account(found.pw_uid, found.pw_gid)


def run_as(
    account: Account | None, command: Sequence[str | Path], *, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as this account, with none of our secrets in its environment."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_s, check=False, cwd="/",
        stdin=subprocess.DEVNULL, env=server_environment(os.environ),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )  # fmt: skip


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a server may see of our environment variables: no PG*, no secrets, messages in English."""
    kept = {name: environ[name] for name in KEPT_VARIABLES if name in environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
