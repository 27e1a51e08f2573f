"""Records of walks, made by hand, and what a check says of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_dbops.core.catalog import CatalogDiff, Change, Difference, Facet
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.walk import Downgrade, Failure, Step, StepName, WalkedRevision

UP = Step(StepName.UPGRADE, 0.1)
DOWN = Step(StepName.DOWNGRADE, 0.2)
AGAIN = Step(StepName.UPGRADE_AGAIN, 0.3)
BROKEN = Failure("UndefinedTable", 'relation "t" does not exist', "DROP TABLE t", 21)
COLUMN = CatalogDiff((Difference("table t", "column x", "", Change.ADDED, None, "type text", Facet.STRUCTURE),))
ORDER = CatalogDiff((Difference("table t", "", "column order", Change.CHANGED, "a, b", "b, a", Facet.ORDER),))


def revision(*steps: Step, downgrade: Downgrade = Downgrade.WRITTEN, **more: Any) -> WalkedRevision:
    """Return a record of the revision `r1`."""
    return WalkedRevision(
        "r1", file="versions/r1.py", line=14, downgrade=downgrade, downgrade_line=18, steps=steps, **more
    )


def messages(found: Iterable[Finding]) -> list[str]:
    """Return what is said."""
    return [finding.message for finding in found]
