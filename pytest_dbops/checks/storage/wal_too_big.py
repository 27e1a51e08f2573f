"""STO006."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, severity_of

_MB = 1 << 20


@check(
    "STO006",
    category="storage",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={
        "warn_times": 2,
        "fail_times": 5,
        "sqlite_warn_bytes": 67_108_864,
        "sqlite_fail_bytes": 1_073_741_824,
    },
)
def wal_too_big(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """The WAL takes far more room than it should.

    Something keeps it from being removed: an archiver that fails (BAK006), a slot nobody reads (CON017), checkpoints
    that cannot keep up; when its disk is full the server goes down. On PostgreSQL the measure is `max_wal_size` plus
    `wal_keep_size`, passed `warn_times` or `fail_times`. On SQLite a reader that never ends keeps the -wal file from
    being written back, and every reader gets slower: `sqlite_warn_bytes`, `sqlite_fail_bytes`.

    Mend what holds it; never delete files of pg_wal by hand. On SQLite: end the reader, then
    `PRAGMA wal_checkpoint(TRUNCATE)`.
    """
    if statistics.dialect == "sqlite":
        yield from _on_sqlite(statistics, settings)
        return
    (row,) = statistics.rows("wal_files")
    if "settings" in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable["settings"])
    planned = (int(statistics.settings["max_wal_size"]) + int(statistics.settings["wal_keep_size"])) * _MB
    warn, fail = settings.number("warn_times"), settings.number("fail_times")
    severity = severity_of(row["bytes"] / planned, warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            "pg_wal",
            f"the WAL takes {render_bytes(row['bytes'])} in {row['files']} files, {row['bytes'] / planned:.1f} times "
            f"what max_wal_size and wal_keep_size plan; {limit_reached(severity, warn=warn, fail=fail):g} times is "
            "the limit",
            hint="see CON017 for slots and BAK006 for the archiver",
            severity=severity,
        )


def _on_sqlite(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    warn, fail = settings.number("sqlite_warn_bytes"), settings.number("sqlite_fail_bytes")
    for file in statistics.rows("files"):
        severity = severity_of(file["size_bytes"], warn=warn, fail=fail) if file["name"].endswith("-wal") else None
        if severity is not None:
            limit = limit_reached(severity, warn=warn, fail=fail)
            yield Finding(
                file["name"],
                f"file {file['name']!r} takes {render_bytes(file['size_bytes'])}; {render_bytes(limit)} is the limit",
                hint="PRAGMA wal_checkpoint(TRUNCATE);",
                severity=severity,
            )
