"""CON025."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_dbops.core.check import check
from pytest_dbops.core.environment import Environment, Requirement
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.proofs import Proofs
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity


@check("CON025", category="connectivity", severity=Severity.ERROR)
def requirement_without_check(session: Session, environment: Environment, proofs: Proofs) -> Iterable[Finding]:
    """The environment requires something that no installed check proves.

    `require` of an environment says what the gate demands. TLS (CON002) and a role that only reads (CON024, where
    the product has roles) are proved by checks, and auditing (AUD001 to AUD006) where `[audit]` names tables; for any
    other word nobody vouches, and the gate is inconclusive rather than green.

    Prove it by a check of your own and take the word out of `require`, or let the gate pass without an answer:
    `[gate] may_skip = ["CON025"]`.
    """
    proved = {Requirement.TLS} | proofs.requirements
    if session.capabilities.has_roles:
        proved.add(Requirement.READ_ONLY_ROLE)
    unproved = sorted(word.value for word in environment.policy.require - proved)
    if not unproved:
        return ()
    rest = ", ".join(f'"{word.value}"' for word in sorted(environment.policy.require & proved))
    raise CannotJudge(
        f"the environment requires {', '.join(unproved)}, which no installed check proves (prove it by a check of your"
        f' own and write require = [{rest}] in [env.{environment.name}], or [gate] may_skip = ["CON025"])'
    )
