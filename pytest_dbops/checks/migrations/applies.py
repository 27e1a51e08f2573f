"""MIG001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import failed, require_reached
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.walk import WalkedRevision


@check("MIG001", category="migrations", severity=Severity.ERROR, step=StepName.UPGRADE, cost=Cost.FULL)
def applies(revision: WalkedRevision) -> Iterator[Finding]:
    """A revision cannot be put in.

    The next deploy stops at it, and whatever follows it is never reached. Each revision is put in as a deploy of its
    own would: in one transaction, with nothing that an earlier revision left in alembic's memory, and its row in the
    version table is read afterwards.

    Mend the statement that is named, in the file and line that are named; it fails on an empty database already.
    """
    require_reached(revision)
    for step in revision.steps:
        if step.name is StepName.UPGRADE and step.failure is not None:
            yield failed(revision, step)
