"""SCH014."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._sequences import Feed, feeds_of, last_values, refuse_unreadable
from pytest_dbops.checks.schema._statements import alter_table
from pytest_dbops.core.catalog import Catalog, Sequence, quote_identifier
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_SMALL = {"smallint": 32_767, "integer": 2_147_483_647}


@check(
    "SCH014",
    category="schema",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.SELECT,
    settings={"warn_percent": 10, "fail_percent": 50},
)
def small_surrogate_key(catalog: Catalog, statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A numbered key of type integer or smallint is growing out of its type.

    Widening a key rewrites its table and every table that refers to it, under a lock that stops all reading; the
    longer it waits, the longer that takes. A small key of a table that stays small is no finding: what counts
    is how far the sequence has come (`warn_percent`, `fail_percent`). SCH012 speaks when it is about to end.

    Move the key, and the columns that refer to it, to bigint while the tables are small.
    """
    counted = last_values(statistics)
    unread: list[Sequence] = []
    for feed in feeds_of(catalog):
        if feed.column.type not in _SMALL or not _is_key(feed) or feed.sequence.is_cycling:
            continue
        key = (feed.sequence.schema, feed.sequence.name)
        if key not in counted:
            unread.append(feed.sequence)
        else:
            yield from _growing(catalog, feed, abs(counted[key] or 0), settings)
    refuse_unreadable(unread)


def _growing(catalog: Catalog, feed: Feed, last: int, settings: Settings) -> Iterator[Finding]:
    end = _SMALL[feed.column.type]
    percent = 100 * last / end
    if percent < settings.number("warn_percent"):
        return
    is_late = percent >= settings.number("fail_percent")
    yield Finding(
        feed.display,
        f"key {feed.display!r} is {feed.column.type} and has come to {last} of {end} ({percent:.0f} %); "
        f"{settings.number('fail_percent' if is_late else 'warn_percent'):.0f} % is the limit",
        hint=alter_table(catalog, feed.table, f"ALTER COLUMN {quote_identifier(feed.column.name)} TYPE bigint"),
        severity=Severity.ERROR if is_late else Severity.WARNING,
    )


def _is_key(feed: Feed) -> bool:
    key = feed.table.primary_key
    return key is not None and feed.column.name in key.columns
