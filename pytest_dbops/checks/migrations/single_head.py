"""MIG004."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.walk import Walk


@check("MIG004", category="migrations", severity=Severity.ERROR, cost=Cost.FULL)
def single_head(walk: Walk) -> Iterator[Finding]:
    """The history ends in more than one revision.

    `alembic upgrade head` refuses to choose between them, so the deploy stops; it usually comes of two branches that
    were merged without looking at their revisions.

    Merge them: `alembic merge heads`, or let one of the two follow the other.
    """
    if not walk.heads:
        raise CannotJudge("the rehearsal ended before it knew the heads of the history")
    if len(walk.heads) > 1:
        yield Finding(
            "history",
            f"the history has {len(walk.heads)} heads: {', '.join(walk.heads)}",
            hint="alembic merge heads",
            identity=" ".join(walk.heads),
        )
