"""STO009."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.own_folders import OwnFolder, OwnFolders
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, severity_of


@check(
    "STO009",
    category="storage",
    severity=Severity.ERROR,
    privilege=Privilege.FILE,
    settings={"warn_bytes": 1 << 30, "fail_bytes": 5 << 30, "oldest_days": 400},
)
def own_folder_too_big(own_folders: OwnFolders, settings: Settings) -> Iterator[Finding]:
    """A folder of logs, of reports, or of what is kept between runs has grown, or is never cleaned.

    It takes the room of what matters, often on the disk of the database itself, and old logs and reports hold more of
    the past than anybody answers for. Looked at are `[logging] dir`, `[gate] reports_dir` and `.dbops` with all below
    them (`warn_bytes`, `fail_bytes`); a warning is also a file that is older than `oldest_days`.

    Let `dbops maintenance auto` clean them (`[maintenance] keep_reports_days`, `log_bytes`), and rotate logs.
    """
    for folder in own_folders.folders:
        yield from _too_big(folder, settings)
        if folder.oldest_days >= settings.number("oldest_days"):
            yield Finding(
                folder.folder,
                f"folder {folder.folder!r} ({folder.what}) has a file that is {folder.oldest_days:.0f} days old; "
                f"{settings.number('oldest_days'):g} days is the limit",
                hint="dbops maintenance auto",
                identity="age",
                severity=Severity.WARNING,
            )
    for folder in own_folders.folders:
        if folder.unread:
            raise CannotJudge(f"folder {folder.folder!r} ({folder.what}) cannot be read as a whole: {folder.unread}")


def _too_big(folder: OwnFolder, settings: Settings) -> Iterator[Finding]:
    warn, fail = settings.number("warn_bytes"), settings.number("fail_bytes")
    if severity := severity_of(folder.size_bytes, warn=warn, fail=fail):
        limit = limit_reached(severity, warn=warn, fail=fail)
        yield Finding(
            folder.folder,
            f"folder {folder.folder!r} ({folder.what}) holds {render_bytes(folder.size_bytes)} in {folder.files} files;"
            f" {render_bytes(limit)} is the limit",
            hint="dbops maintenance auto",
            severity=severity,
        )
