"""SED004."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.integrity.reference_row_differs import reference_row_differs
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.seed_rehearsal import ReferenceRows


def test_each_difference_is_a_finding_that_names_the_row() -> None:
    rows = ReferenceRows(("country",), (("country", "code2=XX", "extra"), ("country", "code2=DE", "missing")))
    assert [(each.subject, each.message) for each in reference_row_differs(rows)] == [
        ("country[code2=XX]", "row code2=XX of 'country' is in the target and not in the seeds"),
        ("country[code2=DE]", "row code2=DE of 'country' is in the seeds and not in the target"),
    ]


def test_equal_rows_are_no_finding() -> None:
    assert list(reference_row_differs(ReferenceRows(("country",), ()))) == []


def test_project_without_reference_seeders_is_not_asked() -> None:
    with pytest.raises(DoesNotApply):
        list(reference_row_differs(ReferenceRows((), ())))
