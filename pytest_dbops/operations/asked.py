"""What the checks of a run ask of the walk over the migrations."""

from __future__ import annotations

from collections.abc import Collection, Set

from pytest_dbops.core.check import Check
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.walk import Depth

_OF_WALK = frozenset({"walk", "revision"})
_OF_HEADS = frozenset({"drift_of_models", "drift_of_target"})
_OF_DOWN = frozenset({"MIG001", "MIG002", "MIG004", "MIG009"})
"""Checks of the walk that no second upgrade tells anything."""

_OF_SCHEMAS = _OF_DOWN | {"MIG003"}
"""Those that ask nothing of rows, locks and the release before."""


@frozen
class Asked:
    """depth: how far the walk has to go; is_walked: whether it is asked at all; are_heads: whether its end is."""

    depth: Depth = Depth.FULL
    is_walked: bool = False
    are_heads: bool = False


def asked_of(checks: Collection[Check]) -> Asked:
    """Return what these checks ask."""
    of_walk = {each.code for each in checks if _OF_WALK & set(each.inputs)}
    return Asked(
        depth=_depth_of(of_walk),
        is_walked=bool(of_walk),
        are_heads=any(_OF_HEADS & set(each.inputs) for each in checks),
    )


def _depth_of(codes: Set[str]) -> Depth:
    if codes <= _OF_DOWN:
        return Depth.DOWN
    return Depth.SCHEMAS if codes <= _OF_SCHEMAS else Depth.FULL
