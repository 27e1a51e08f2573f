"""Room of the folders that a server on this machine keeps its files in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_dbops.core.check import Settings
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes

Disk = Mapping[str, Any]


def seen_disks(statistics: Statistics) -> list[Disk]:
    """Return the folders that can be seen from here; raises DoesNotApply for a server on another machine."""
    disks = list(statistics.rows("disks"))
    if not disks and "settings" in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable["settings"])
    if not disks:
        raise DoesNotApply(
            "the server's files cannot be seen from here (another machine, container or user); watch its disks where"
            " they are"
        )
    return disks


def nearly_full(disks: Iterable[Disk], settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each folder whose file system has less room than `warn_free_percent` of it."""
    warn, fail = settings.number("warn_free_percent"), settings.number("fail_free_percent")
    for disk in disks:
        percent = 100 * disk["free_bytes"] / disk["bytes"]
        if percent <= warn:
            yield Finding(
                disk["name"],
                f"{render_bytes(disk['free_bytes'])} of {render_bytes(disk['bytes'])} are free for {disk['name']!r} in "
                f"{disk['folder']!r} ({percent:.0f} %); {fail if percent <= fail else warn:g} % is the limit",
                hint="free room or enlarge the disk; see STO003 and STO006",
                severity=Severity.ERROR if percent <= fail else Severity.WARNING,
            )
