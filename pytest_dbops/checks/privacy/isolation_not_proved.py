"""TEN018."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.tenancy import Isolation


@check("TEN018", category="privacy", severity=Severity.WARNING, cost=Cost.FULL)
def isolation_not_proved(isolation: Isolation) -> Iterator[Finding]:
    """Nothing is known of whether something keeps tenants apart.

    The trial did not reach it: a table has no row of a tenant to try for, a tenant did not even see its own rows, a
    statement ended for another reason, or a routine takes values that nobody knows. What was not tried has not passed.

    Let the seeders fill two organizations in every table of tenants, and say in `[tenancy]` by which `setting` a
    session names its own.
    """
    for each in isolation.unproved:
        yield Finding(
            each.subject, f"{each.subject!r} was not tried: {each.why}", hint="let it be tried", identity=each.why
        )
