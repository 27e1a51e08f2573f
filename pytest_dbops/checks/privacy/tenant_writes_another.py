"""TEN016."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._leaks import leaks_by
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import Attempt, Isolation

if TYPE_CHECKING:
    from pytest_dbops.core.finding import Finding


@check("TEN016", category="privacy", severity=Severity.CRITICAL, cost=Cost.FULL)
def tenant_writes_another(isolation: Isolation) -> Iterator[Finding]:
    """A tenant writes, changes or deletes rows of another.

    It was tried on a scratch database that the migrations and seeders made: as a plain role, for one tenant, by
    INSERT, COPY, UPDATE and DELETE on every table and through every view that takes them, and by handing its own rows
    to the other tenant. Triggers were off, so that only policies had a say; what met no more than a constraint counts
    as let through. Rows of a shared table that have no tenant belong to all, and none may write them.

    Write a policy with WITH CHECK for INSERT and UPDATE, and with USING for UPDATE and DELETE.
    """
    writing = [attempt for attempt in Attempt if attempt.writes]
    yield from leaks_by(isolation, writing, hint="give it a policy for the command: USING and WITH CHECK")
