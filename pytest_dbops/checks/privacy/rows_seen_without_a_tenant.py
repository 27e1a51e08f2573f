"""TEN017."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._leaks import leaks_by
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import Attempt, Isolation

if TYPE_CHECKING:
    from pytest_dbops.core.finding import Finding


@check("TEN017", category="privacy", severity=Severity.CRITICAL, cost=Cost.FULL)
def rows_seen_without_a_tenant(isolation: Isolation) -> Iterator[Finding]:
    """A session that names no tenant sees rows of tenants.

    A job, a console or a request whose middleware failed names none: it must see nothing, not everything. It was tried
    on a scratch database that the migrations and seeders made, with the setting absent and with it empty, on every
    table, view and routine.

    Let the condition be false for a session without a tenant: `nullif(current_setting('app.org_id', true), '')` is
    null then, and equal to nothing.
    """
    yield from leaks_by(isolation, (Attempt.UNNAMED,), hint="let the policy be false where no tenant is named")
