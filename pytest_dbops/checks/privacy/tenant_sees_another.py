"""TEN015."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._leaks import leaks_by
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import Attempt, Isolation

if TYPE_CHECKING:
    from pytest_dbops.core.finding import Finding

_READING = (Attempt.READ, Attempt.COPY_OUT, Attempt.OWNER, Attempt.CALL)


@check("TEN015", category="privacy", severity=Severity.CRITICAL, cost=Cost.FULL)
def tenant_sees_another(isolation: Isolation) -> Iterator[Finding]:
    """A tenant reads rows of another.

    It was tried on a scratch database that the migrations and seeders made: as a plain role, for one tenant, by
    SELECT and COPY on every table, through every view, and by a call of every routine it may call, also as the owner
    of the tables. A view or routine leaks where its answer changes when only rows of others are taken away.

    Bind what is named to the tenant: a policy for the table, `security_invoker` for the view, no SECURITY DEFINER for
    the routine.
    """
    yield from leaks_by(isolation, _READING, hint="bind it to the tenant (docs: how to isolate tenants)")
