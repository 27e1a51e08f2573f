"""ENC005: what its findings say is asked of real databases in tests/cli/test_marks.py."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.encryption.stale_encryption_mark import stale_encryption_mark
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.encryption_marks import Mark, MarkedColumns
from pytest_dbops.core.errors import DoesNotApply
from tests.checks.encryption.test_key_past_its_period import COLUMNS

(COLUMN,) = COLUMNS.columns
EMPTY = Catalog("postgresql", 160000)


def test_database_without_marks_is_not_asked() -> None:
    with pytest.raises(DoesNotApply, match="no encrypted column was ever marked"):
        list(stale_encryption_mark(MarkedColumns(models=(COLUMN,)), EMPTY))


def test_without_models_only_columns_that_are_gone_are_told() -> None:
    marks = (Mark(COLUMN, "2026"), Mark(COLUMN, "2026", is_there=False))
    assert [each.identity for each in stale_encryption_mark(MarkedColumns(marks, True), EMPTY)] == ["gone"]


def test_column_that_is_not_in_the_database_yet_needs_no_mark() -> None:
    assert list(stale_encryption_mark(MarkedColumns((), True, (COLUMN,)), EMPTY)) == []
