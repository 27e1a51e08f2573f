"""CON005."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_VERSION = re.compile(r"\s(\d+)(?:\.\d+|devel|beta\d+|rc\d+)")
_TIMEOUT_S = 20.0


@check(
    "CON005",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    kinds=("staging", "production"),
    privilege=Privilege.FILE,
    settings={"pg_dump": "pg_dump"},
)
def client_tools_older_than_server(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The pg_dump of this machine is older than the server.

    It refuses a newer server, so that neither a backup before the deploy nor a copy for a rehearsal can be
    taken from here; that is found out in the worst moment. `pg_dump` names the program, or its path. Where
    there is none an info says so: another machine may take the backups.

    Install the client package of the server's major version.
    """
    name = settings.text("pg_dump")
    program = shutil.which(name)
    major = statistics.version[0]
    hint = f"install the PostgreSQL {major} client tools"
    if program is None:
        message = f"{name!r} is not on this machine; backups cannot be taken from here"
        yield Finding(name, message, hint=hint, severity=Severity.INFO)
        return
    found = _major_of(program)
    if found < major:
        yield Finding(name, f"{name!r} is version {found}; the server is PostgreSQL {major}", hint=hint)


def _major_of(program: str) -> int:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as err:
        raise CannotJudge(f"{program!r} does not tell its version: {err}") from err
    match = _VERSION.search(done.stdout)
    if match is None:
        raise CannotJudge(f"{program!r} does not tell its version: {done.stdout.strip()[:80]!r}")
    return int(match.group(1))
