"""MIG012."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._drift import drift_findings
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.drift import Drifts


@check("MIG012", category="migrations", severity=Severity.ERROR, cost=Cost.FULL)
def target_drift(drift_of_target: Drifts) -> Iterator[Finding]:
    """The target's schema is not what its revision makes.

    Somebody changed it by hand, or a migration ended half-way: what is pending was rehearsed on another schema than
    it will meet. The target's catalog is compared with that of a scratch database at the same revision: tables, types,
    rules, indexes, views, functions, triggers and policies. Owners, grants, storage, settings and partitions are each
    installation's own. An object or a part that only the target has is a warning, as an index that was added under
    load.

    Put the change into a revision, or take it back. What is meant to differ is left alone by
    `[migrations] ignore_drift`.
    """
    yield from drift_findings(
        drift_of_target.objects, "the target is not what its revision makes:", only_new="only the target has",
        only_old="the target lacks", extra=Severity.WARNING,
    )  # fmt: skip
