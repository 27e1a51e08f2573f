"""ACC003."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._access import refuse_scratch
from pytest_dbops.core.access.objects import Guarded, guarded_objects
from pytest_dbops.core.catalog import Catalog, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import AccessRules
    from pytest_dbops.core.environment import Environment

_MADE_WITH_THE_DATABASE = ("schemas", "public")


@check("ACC003", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def owner_beside_matrix(catalog: Catalog, access: AccessRules, environment: Environment) -> Iterator[Finding]:
    """An object belongs to another role than the declared owner.

    An owner needs no grant: it may read, write, alter and drop what it owns, and switch its row-level security off.
    Where the application's role owns a table, no matrix of rights says anything of it. Partitions and sequences of
    columns go with their table.

    Give the object to the owner that `[access]` declares.
    """
    refuse_scratch(environment)
    if not access.owner:
        raise DoesNotApply('the matrix declares no owner (add to [access]: owner = "...")')
    for thing in guarded_objects(catalog):
        if _is_of_another(thing, access.owner):
            yield Finding(
                thing.name,
                f"{thing.name!r} belongs to role {thing.owner!r}; the matrix declares {access.owner!r}",
                hint=f"ALTER {thing.alterable} OWNER TO {quote_identifier(access.owner)};",
                identity=thing.kind,
            )


def _is_of_another(thing: Guarded, owner: str) -> bool:
    is_given = (thing.kind, thing.name) == _MADE_WITH_THE_DATABASE
    return bool(thing.alterable and thing.owner) and thing.owner != owner and not is_given
