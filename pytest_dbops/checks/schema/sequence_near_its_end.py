"""SCH012."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._rowids import LAST_ROWID, read_highest_rowids
from pytest_dbops.checks.schema._sequences import Feed, feeds_of, last_values, refuse_unreadable
from pytest_dbops.checks.schema._statements import alter_table
from pytest_dbops.core.catalog import Catalog, Sequence, Table, quote_identifier
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity


@check(
    "SCH012",
    category="schema",
    severity=Severity.ERROR,
    privilege=Privilege.SELECT,
    settings={"warn_percent": 70, "fail_percent": 90},
)
def sequence_near_its_end(
    catalog: Catalog, session: Session, statistics: Statistics, settings: Settings
) -> Iterator[Finding]:
    """A sequence or identity has used up most of its numbers.

    On the day it ends every INSERT fails, and the way out, a wider key column in every table that refers to it,
    takes long on tables of that size. The end is the sequence's own or that of the column's type, whichever
    comes first: a bigint sequence on an integer column ends at 2 147 483 647. Sequences that start over are left
    out. On SQLite the numbers are rowids, and a single row inserted at the very top ends them.

    Make the column and the columns that refer to it bigint, early (`warn_percent`, `fail_percent`).
    """
    if catalog.dialect == "sqlite":
        yield from _near_the_last_rowid(catalog, session, settings)
        return
    counted = last_values(statistics)
    narrowest: dict[tuple[str, str], Feed] = {}
    for feed in sorted(feeds_of(catalog), key=lambda feed: -feed.highest):
        narrowest[feed.sequence.schema, feed.sequence.name] = feed
    unread = []
    for sequence in catalog.sequences:
        key = (sequence.schema, sequence.name)
        if key not in counted:
            unread.append(sequence)
        elif not sequence.is_cycling:
            yield from _near_its_end(catalog, sequence, narrowest.get(key), counted[key], settings)
    refuse_unreadable(unread)


def _near_its_end(
    catalog: Catalog, sequence: Sequence, feed: Feed | None, last_value: int | None, settings: Settings
) -> Iterator[Finding]:
    last = sequence.start if last_value is None else last_value
    end = feed.highest if feed else sequence.maximum
    if sequence.increment > 0:
        used = (last - sequence.start) / max(1, end - sequence.start)
    else:
        end = sequence.minimum
        used = (sequence.start - last) / max(1, sequence.start - end)
    severity = _severity(100 * used, settings)
    if severity is None:
        return
    subject = feed.display if feed else sequence.display
    yield Finding(
        subject,
        f"sequence {sequence.display!r} has counted to {last} of {end} ({100 * used:.0f} %); "
        f"{settings.number('warn_percent'):.0f} % is the limit",
        hint=_widen(catalog, sequence, feed),
        identity=sequence.display,
        severity=severity,
    )


def _widen(catalog: Catalog, sequence: Sequence, feed: Feed | None) -> str:
    limit = "NO MAXVALUE" if sequence.increment > 0 else "NO MINVALUE"
    wider = f"ALTER SEQUENCE {sequence.quoted} AS bigint {limit};"
    if feed is None or feed.column.type == "bigint":
        return wider
    column = alter_table(catalog, feed.table, f"ALTER COLUMN {quote_identifier(feed.column.name)} TYPE bigint")
    return column if sequence.is_identity else f"{column} {wider}"


def _near_the_last_rowid(catalog: Catalog, session: Session, settings: Settings) -> Iterator[Finding]:
    highest = read_highest_rowids(catalog, session)
    for table, rowid in highest:
        severity = _severity(100 * rowid / LAST_ROWID, settings)
        if severity is not None:
            yield Finding(
                table.display,
                f"table {table.display!r} has a row numbered {rowid}, close to the last one SQLite has ({LAST_ROWID})",
                hint=_renumber(table),
                severity=severity,
            )


def _renumber(table: Table) -> str:
    key = table.primary_key.columns[0] if table.primary_key else "rowid"
    return f"give that row of {table.quoted} a smaller {quote_identifier(key)}, and the rows that refer to it"


def _severity(percent: float, settings: Settings) -> Severity | None:
    if percent >= settings.number("fail_percent"):
        return Severity.ERROR
    return Severity.WARNING if percent >= settings.number("warn_percent") else None
