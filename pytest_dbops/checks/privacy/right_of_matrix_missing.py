"""ACC002."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._access import grantee, refuse_scratch
from pytest_dbops.core.access.compare import lacks, unmatched
from pytest_dbops.core.access.objects import guarded_objects
from pytest_dbops.core.catalog import PUBLIC, Catalog
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import AccessRules, Roles
    from pytest_dbops.core.environment import Environment


@check("ACC002", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def right_of_matrix_missing(
    catalog: Catalog, access: AccessRules, roles: Roles, environment: Environment
) -> Iterator[Finding]:
    """A role lacks a right that the declared matrix gives it.

    The application fails with `permission denied` on the first request that needs it, mostly after a deploy that
    created a table: a new table has no grants. A name in the matrix that names nothing is told too: it is misspelt, or
    left from what was dropped.

    Grant the right, in the migration that creates the object; or take it out of `[access.roles]`.
    """
    refuse_scratch(environment)
    things = list(guarded_objects(catalog))
    for (role, thing), lacking in groupby(lacks(things, access), key=lambda lack: (lack.role, lack.thing)):
        if role == PUBLIC or roles.role(role) is not None:
            rights = [lack.right for lack in lacking]
            yield Finding(
                f"{thing.name}[{role}]",
                f"role {role!r} lacks {', '.join(rights)} on {thing.name!r}, which the matrix gives it",
                hint=f"GRANT {thing.granting(*rights)} TO {grantee(role)};",
                identity=" ".join([thing.kind, *rights]),
            )
    for rule, kind, name in unmatched(things, access):
        yield Finding(
            f"{name}[{rule.name}]",
            f"the matrix gives role {rule.name!r} rights on {name!r}, and there is no such object among its {kind}",
            hint=f"mend the name in [access.roles.{rule.name}] {kind}, or take it out",
            identity=f"{kind} absent",
        )
