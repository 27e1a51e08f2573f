"""Steps that move sequences on."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.checks.schema._sequences import feeds_of
from pytest_dbops.core.maintenance.step import Place, Step, step_for
from pytest_dbops.core.maintenance.tasks import TASKS
from pytest_dbops.operations.maintaining.looking import Seen


def sequences_behind(seen: Seen) -> Iterator[Step]:
    """Set sequences to the highest number in use, while nobody takes the next one."""
    feeds = {(feed.display, feed.sequence.display): feed for feed in feeds_of(seen.catalog)}
    for finding in seen.of("SCH013"):
        feed = feeds[finding.subject, finding.identity]
        table, column = sure_name(feed.table.schema, feed.table.name), sure_name(feed.column.name)
        extreme = "max" if feed.sequence.increment > 0 else "min"
        sequence = sure_text(sure_name(feed.sequence.schema, feed.sequence.name))
        yield step_for(
            TASKS["set_sequence"], finding,
            [
                "BEGIN",
                f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE",
                f"SELECT pg_catalog.setval({sequence}, {extreme}({column})) FROM {table}",  # noqa: S608  # quoted names
                "COMMIT",
            ],
            rates=seen.rates, rollback="none is needed: numbers that were not used are skipped",
            place=Place(feed.table.schema, feed.table.name),
            note="writers of the table wait while its highest number is looked up",
        )  # fmt: skip
