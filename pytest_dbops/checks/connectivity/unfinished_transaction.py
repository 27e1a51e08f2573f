"""CON013."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "CON013",
    category="connectivity",
    severity=Severity.ERROR,
    settings={"warn_s": 60, "fail_s": 1_800},
)
def unfinished_transaction(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A transaction was left behind: prepared and forgotten, or cut off in the middle of a write.

    A prepared transaction (two-phase commit) belongs to no session any more: it survives restarts, keeps its
    locks and holds back vacuum until somebody ends it by name; those of this database are judged by age
    (`warn_s`, `fail_s`). On SQLite it is a hot journal, the undo log of a writer that died: the next writer
    rolls its work back, and a copy of the file without the journal is corrupt.

    Ask the transaction manager what was decided, then COMMIT PREPARED or ROLLBACK PREPARED; open a SQLite
    file once for writing, before anything copies it.
    """
    if "prepared_transactions" in statistics.parts:
        yield from _prepared(statistics, settings)
    if "files" in statistics.parts:
        yield from _hot_journal(statistics)


def _prepared(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    warn, fail = settings.number("warn_s"), settings.number("fail_s")
    for row in statistics.rows("prepared_transactions"):
        severity = severity_of(row["prepared_s"], warn=warn, fail=fail)
        if row["is_here"] and severity is not None:
            limit = render_duration(limit_reached(severity, warn=warn, fail=fail))
            yield Finding(
                row["gid"],
                f"prepared transaction {row['gid']!r} of {row['owner']!r} is {render_duration(row['prepared_s'])} "
                f"old; the limit is {limit}",
                hint=f"COMMIT PREPARED '{row['gid']}'; or ROLLBACK PREPARED '{row['gid']}';",
                severity=severity,
            )


def _hot_journal(statistics: Statistics) -> Iterator[Finding]:
    """A valid journal is hot unless its writer is still at work, which its lock on the file tells."""
    journals = [file for file in statistics.rows("files") if file["is_hot_journal"]]
    if not journals or any(lock["name"] in ("reserved", "pending") for lock in statistics.rows("locks")):
        return
    for file in journals:
        yield Finding(
            file["name"],
            f"{file['name']!r} is the journal of a write that never ended ({file['size_bytes']} bytes)",
            hint="open the database once for writing; SQLite then rolls the write back",
        )
