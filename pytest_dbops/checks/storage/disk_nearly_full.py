"""STO002."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.storage._disks import nearly_full, seen_disks
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "STO002",
    category="storage",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"warn_free_percent": 20, "fail_free_percent": 10},
)
def disk_nearly_full(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The disk that holds the data or the WAL has little room left.

    A full disk stops every write, and takes a PostgreSQL server down when it is the WAL's. Seen are folders of a
    server on this machine, and the folder of a SQLite file (`warn_free_percent`, `fail_free_percent` are the least
    that must be free); for a server elsewhere the check is skipped.

    Free room, or enlarge the disk. Never delete files of the server by hand.
    """
    yield from nearly_full((disk for disk in seen_disks(statistics) if disk["name"] in ("data", "wal")), settings)
