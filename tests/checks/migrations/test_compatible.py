"""MIG007."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.migrations.compatible import compatible
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.rehearsed import Breakage, CompatibilityFailure
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import MetRows
from tests.checks.migrations.records import AGAIN, DOWN, UP, revision


def failure(breakage: Breakage, column: str = "phone") -> CompatibilityFailure:
    return CompatibilityFailure("customer", column, ("SELECT", "INSERT"), breakage, "no such column: phone")


def test_column_that_is_gone_is_named_with_the_order_that_is_safe() -> None:
    found = list(compatible(revision(UP, DOWN, AGAIN, met=MetRows(), broken=(failure(Breakage.COLUMN_MISSING),))))
    assert found == [
        Finding(
            "customer.phone",
            "after 'r1' (versions/r1.py:14), customer.phone: SELECT, INSERT of the running release fail"
            " (column missing)",
            hint="release code that no longer uses it first, drop it one release later",
            evidence=({"statements": "SELECT, INSERT", "message": "no such column: phone"},),
            identity="r1 column missing",
        )
    ]


@pytest.mark.parametrize("breakage", [Breakage.TRIGGER_ADDED, Breakage.REFUSED])
def test_what_the_schema_does_not_explain_is_an_info(breakage: Breakage) -> None:
    (finding,) = compatible(revision(UP, met=MetRows(), broken=(failure(breakage, ""),)))
    assert (finding.subject, finding.severity) == ("customer", Severity.INFO)


def test_release_that_goes_on_is_no_finding() -> None:
    assert list(compatible(revision(UP, met=MetRows(), broken=()))) == []


def test_release_that_was_not_tried_is_never_a_pass() -> None:
    with pytest.raises(CannotJudge, match="rows cannot be made"):
        list(compatible(revision(UP, met=MetRows(), untried="rows cannot be made")))
    with pytest.raises(CannotJudge, match="revision r0 does not apply"):
        list(compatible(revision(blocked_by="r0")))
    with pytest.raises(DoesNotApply, match="ended early"):
        list(compatible(revision(UP)))
