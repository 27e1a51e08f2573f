"""ACC001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._access import grantee
from pytest_dbops.core.access.compare import Excess, excesses
from pytest_dbops.core.access.objects import guarded_objects
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import AccessRules
    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.core.session import Session

_READING = frozenset({"SELECT", "USAGE", "EXECUTE", "CONNECT"})


@check("ACC001", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def right_beyond_matrix(catalog: Catalog, access: AccessRules, session: Session) -> Iterator[Finding]:
    """A role has a right that the declared matrix does not give it.

    It was granted by hand for one evening, or by a migration that nobody reviewed for it, and stays. Judged are the
    database, schemas, tables and views, single columns, sequences and routines; also the right to pass a right on, and
    every right of a role that the matrix does not know. What the gate's own role may read is left out, and so is what
    PUBLIC has, unless the matrix declares it.

    Revoke the right, or write it into `[access.roles]`.
    """
    for excess in excesses(list(guarded_objects(catalog)), access):
        is_own = excess.role == session.identity.role and not excess.is_known and excess.right in _READING
        if not is_own:
            yield _finding(excess)


def _finding(excess: Excess) -> Finding:
    thing, right, role = excess.thing, excess.right, excess.role
    if excess.only_option:
        what = f"may pass {right} on {thing.name!r} on to others, which the matrix does not give it"
    elif excess.is_known:
        what = f"has {right} on {thing.name!r}, which the matrix does not give it"
    else:
        what = f"has {right} on {thing.name!r}, and is not in the matrix"
    return Finding(
        f"{thing.name}[{role}]",
        f"role {role!r} {what}",
        hint=_revoking(excess),
        identity=f"{thing.kind} {right}",
    )


def _revoking(excess: Excess) -> str:
    """Return what takes a right away, also one that was passed on, and gives it anew to whom the matrix gives it.

    A REVOKE takes back what the owner gave; what another gave goes with that one's right to give it.
    """
    right = excess.thing.granting(excess.right)
    granting = "".join(f"GRANT {right} TO {grantee(role)}; " for role in excess.kept)
    if excess.through:
        return f"{granting}REVOKE GRANT OPTION FOR {right} FROM {grantee(excess.through)} CASCADE;"
    option = "GRANT OPTION FOR " if excess.only_option else ""
    return f"{granting}REVOKE {option}{right} FROM {grantee(excess.role)}{' CASCADE' if excess.may_pass_on else ''};"
