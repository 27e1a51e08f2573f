"""MIG010."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.forecast import Forecasts
    from pytest_dbops.core.history import Preview, Revision, Standing

_LONGEST_SQL = 4000
_UNKNOWN = "no revision of the code: the database is ahead of it, or was migrated from another branch"


@check("MIG010", category="migrations", severity=Severity.INFO, cost=Cost.CATALOG)
def pending(standing: Standing, preview: Preview, kept_forecasts: Forecasts) -> Iterator[Finding]:
    """Revisions are not applied yet, or the target has one that the code does not know.

    What is pending is what the next deploy runs: each revision is an info, with the SQL it would run as far as that
    can be written without a connection, and with how long it will take where an earlier gate or a dry run of the
    deploy has measured that. A row of the version table that is no revision of the code is an error: the
    database is ahead of the code, or was migrated from another branch, and alembic refuses to go on from there. So is
    a row that another row implies.

    Deploy the release that has the revision, or take the row back with the code that knows it. Where env.py computes
    the name of the version table, name it: `[migrations] version_table`.
    """
    if standing.unknown:
        yield _wrong(standing.unknown, _UNKNOWN)
    if standing.overlapping:
        yield _wrong(standing.overlapping, "implied by another row: alembic refuses to upgrade from there")
    for revision in standing.pending:
        yield _pending(revision, preview, kept_forecasts)


def _wrong(rows: tuple[str, ...], what: str) -> Finding:
    listed = ", ".join(map(repr, rows))
    return Finding(
        rows[0] if len(rows) == 1 else "version table",
        f"the version table holds {listed}, which {'is' if len(rows) == 1 else 'are'} {what}",
        hint="dbops migrate status",
        identity=f"{what} {' '.join(rows)}",
        severity=Severity.ERROR,
    )


def _pending(revision: Revision, preview: Preview, kept: Forecasts) -> Finding:
    from pytest_dbops.core.observed.durations import kept_in_words

    found = preview.of(revision.id)
    title = f": {revision.title}" if revision.title else ""
    sql = found.sql if len(found.sql) <= _LONGEST_SQL else f"{found.sql[:_LONGEST_SQL]}…"
    return Finding(
        revision.id,
        f"revision {revision.id!r} is pending ({revision.file}:{revision.upgrade_line or revision.line}){title}"
        f"{kept_in_words(kept, revision.id)}",
        hint=f"its SQL cannot be shown: {found.problem}" if found.problem else "",
        evidence=({"sql": sql},) if sql else (),
        identity="pending",
    )
