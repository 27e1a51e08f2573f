"""STO008."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes, render_duration


@check(
    "STO008",
    category="storage",
    severity=Severity.WARNING,
    privilege=Privilege.MONITOR,
    settings={"oldest_s": 3_600},
)
def left_over_file(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A file lies beside the data that nobody uses any more.

    On PostgreSQL a temporary file whose session is gone takes room until the next restart; told of are those that
    were not written for `oldest_s`. On SQLite a journal or WAL file that does not belong to the journal mode was left
    by a crash or a copy, and may be taken for the database's own by the next that opens it.

    Restart the server, which removes its temporary files. On SQLite open the database once by the application, so
    that SQLite settles the file itself; delete it only when it is sure that no process has the database open.
    """
    if statistics.dialect == "sqlite":
        yield from _on_sqlite(statistics)
        return
    for file in statistics.rows("temporary_files"):
        if file["has_no_owner"] and file["unchanged_s"] >= settings.number("oldest_s"):
            yield Finding(
                file["name"],
                f"temporary file {file['name']!r} of {render_bytes(file['bytes'])} was not written for "
                f"{render_duration(file['unchanged_s'])}, and its session is gone",
                hint="restart the server when there is time for it",
            )


def _on_sqlite(statistics: Statistics) -> Iterator[Finding]:
    mode = statistics.settings["journal_mode"]
    for file in statistics.rows("files"):
        is_stray_wal = file["name"].endswith("-wal") and mode != "wal" and file["size_bytes"] > 0
        is_stray_journal = file["name"].endswith("-journal") and mode == "wal" and file["size_bytes"] > 0
        if is_stray_wal or is_stray_journal:
            yield Finding(
                file["name"],
                f"file {file['name']!r} of {render_bytes(file['size_bytes'])} does not belong to journal mode {mode!r}",
                hint="let the application open the database once; then see who made the file",
            )
