"""A walk goes as far as the checks of a run ask, and no further."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.walk import Depth
from pytest_dbops.operations.asked import Asked, asked_of


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ({"applies", "reverses", "single_head", "declared_irreversible"}, Asked(Depth.DOWN, is_walked=True)),
        ({"reverses", "reapplies"}, Asked(Depth.SCHEMAS, is_walked=True)),
        ({"reapplies", "model_drift"}, Asked(Depth.SCHEMAS, is_walked=True, are_heads=True)),
        ({"reverses", "keeps_data"}, Asked(Depth.FULL, is_walked=True)),
        ({"locks"}, Asked(Depth.FULL, is_walked=True)),
        ({"compatible"}, Asked(Depth.FULL, is_walked=True)),
    ],
    ids=lambda value: "" if isinstance(value, Asked) else " ".join(sorted(value)),
)
def test_a_walk_goes_as_far_as_is_asked(names: set[str], asked: Asked) -> None:
    assert asked_of([check for check in builtin_checks() if check.name in names]) == asked


def test_whoever_asks_for_more_is_not_answered_by_less() -> None:
    answered = [[had.covers(asked) for asked in Depth] for had in (Depth.DOWN, Depth.SCHEMAS, Depth.FULL)]
    assert answered == [[True, False, False], [True, True, False], [True, True, True]]
