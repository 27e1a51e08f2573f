"""What the checks of rights share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_dbops.core.catalog import PUBLIC, quote_identifier
from pytest_dbops.core.errors import DoesNotApply

if TYPE_CHECKING:
    from pytest_dbops.core.environment import Environment


def grantee(role: str) -> str:
    """Return a role as GRANT names it."""
    return PUBLIC if role == PUBLIC else quote_identifier(role)


def refuse_scratch(environment: Environment) -> None:
    """Raise DoesNotApply for a database of ours: its roles are ours too, and nothing of the matrix is about them."""
    if environment.is_embedded:
        raise DoesNotApply("the target is built on a scratch server, whose roles are the gate's own")
