"""BAK007."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "BAK007",
    category="backup",
    severity=Severity.ERROR,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"is_required": False},
)
def point_in_time_impossible(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The database cannot be restored to a moment between two backups, though it should be.

    An error an hour ago then costs all that was written since the last backup. With `is_required` archiving of the
    WAL must be on, or a slot must feed an archive. Without it only a contradiction is told: archiving is on, and no
    command or library does it, so that WAL files pile up.

    Set `archive_mode = on` and an `archive_command` (or pg_receivewal with a slot), and take a base backup.
    """
    if "settings" in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable["settings"])
    values = statistics.settings
    is_on = values.get("archive_mode") != "off"
    has_way = bool(values.get("archive_command") or values.get("archive_library"))
    is_streamed = any(slot["kind"] == "physical" for slot in statistics.rows("slots"))
    if is_on and not has_way:
        yield Finding(
            "archive_command",
            "archive_mode is on, but neither archive_command nor archive_library is set",
            hint="ALTER SYSTEM SET archive_command = '<command>'; SELECT pg_reload_conf();",
        )
    if settings.flag("is_required") and not (is_on or is_streamed):
        yield Finding(
            "archive_mode",
            "archive_mode is off and no slot feeds an archive, so there is no way back to a moment between backups",
            hint="ALTER SYSTEM SET archive_mode = on; and restart",
        )
