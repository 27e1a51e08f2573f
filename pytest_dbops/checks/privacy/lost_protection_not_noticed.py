"""TEN019."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import Isolation, MutantFate


@check("TEN019", category="privacy", severity=Severity.ERROR, cost=Cost.FULL)
def lost_protection_not_noticed(isolation: Isolation) -> Iterator[Finding]:
    """Taking a policy away would go unnoticed.

    Tests of isolation that run as a superuser stay green without a single policy. So each policy is dropped and
    weakened here, row-level security is switched off and no longer forced, and a further policy that is true is added
    for each command, one at a time and rolled back; after each, the trial must notice. What it does not notice it
    does not prove. Where another policy asks for the tenant too, it is a warning: the change is harmless by itself.

    Read why: the table may have no rows of two tenants, or a policy nobody needs.
    """
    if not isolation.mutants:
        raise CannotJudge("no change of protection could be tried (see tenant_sees_another, isolation_not_proved)")
    for mutant in isolation.mutants:
        if mutant.fate is not MutantFate.CAUGHT:
            is_harmless = mutant.fate is MutantFate.SURVIVED and bool(mutant.told)
            what = "is noticed by nothing" if mutant.fate is MutantFate.SURVIVED else "could not be tried"
            why = f": {mutant.told}" if mutant.told else ""
            yield Finding(
                mutant.table,
                f"{mutant.table!r} with {mutant.change} {what}{why}",
                hint="read why: has it rows of two tenants, is the policy needed?",
                identity=mutant.change,
                severity=Severity.WARNING if is_harmless else Severity.ERROR,
            )
