"""What checks prove in a project because of its configuration, beside what they prove in any."""

from __future__ import annotations

from pytest_dbops.core.environment import Requirement
from pytest_dbops.core.frozen import frozen


@frozen
class Proofs:
    """Words of `require` for which checks of this project vouch."""

    requirements: frozenset[Requirement] = frozenset()
