"""STO007."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.storage._disks import nearly_full, seen_disks
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "STO007",
    category="storage",
    severity=Severity.ERROR,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"warn_free_percent": 20, "fail_free_percent": 10},
)
def tablespace_missing_or_full(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The folder of a tablespace is gone, or its disk has little room left.

    Every statement that touches one of its tables fails, and a server whose tablespace is missing may not start
    again. Seen are folders of a server on this machine (`warn_free_percent`, `fail_free_percent` are the least that
    must be free); for a server elsewhere that has tablespaces the check is skipped.

    Mount the disk again, or move tables to another tablespace.
    """
    tablespaces = [row for row in statistics.rows("tablespaces") if row["location"]]
    if not tablespaces:
        return
    disks = {disk["name"]: disk for disk in seen_disks(statistics)}
    for row in tablespaces:
        if row["name"] not in disks:
            yield Finding(
                row["name"],
                f"the folder {row['location']!r} of tablespace {row['name']!r} is not there",
                hint="mount its disk, or restore it",
            )
    yield from nearly_full((disks[row["name"]] for row in tablespaces if row["name"] in disks), settings)
