"""Where a database stands in a history: what its version table says, held against the code."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history.graph import ancestors, in_order, parents
from pytest_dbops.core.history.model import History, Revision


@frozen
class Standing:
    """What a version table means.

    applied: its rows, sorted. pending: what an upgrade to the heads would run, in its order.
    unknown: rows that are no revision of the code: the database is ahead of it, or belongs to another branch.
    overlapping: rows that another row implies already; alembic refuses to upgrade from such a table.
    """

    applied: tuple[str, ...]
    pending: tuple[Revision, ...]
    unknown: tuple[str, ...]
    overlapping: tuple[str, ...]

    @property
    def is_at_head(self) -> bool:
        """Whether exactly what the code has is applied."""
        return not (self.pending or self.unknown or self.overlapping)


def standing(history: History, applied: Iterable[str]) -> Standing:
    """Return where the rows of a version table stand; no rows mean that nothing is applied."""
    rows = tuple(sorted(set(applied)))
    by_id = {revision.id: revision for revision in history.revisions}
    known = [each for each in rows if each in by_id]
    implied = ancestors(history, [parent for each in known for parent in parents(by_id[each])])
    return Standing(
        applied=rows,
        pending=pending(history, known),
        unknown=tuple(each for each in rows if each not in by_id),
        overlapping=tuple(each for each in known if each in implied),
    )


def pending(history: History, applied: Iterable[str]) -> tuple[Revision, ...]:
    """Return the revisions an upgrade to all heads would run, oldest first; unknown ids are passed over."""
    done = ancestors(history, applied)
    return in_order(history, (revision.id for revision in history.revisions if revision.id not in done))
