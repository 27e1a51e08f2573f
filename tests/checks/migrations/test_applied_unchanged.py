"""MIG011."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.migrations.applied_unchanged import applied_unchanged
from pytest_dbops.core.deploy.applied_sources import AppliedSources, ChangedRevision
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding


def test_edited_revision_is_a_finding() -> None:
    changed = ChangedRevision("r1", "migrations/versions/r1.py", 3, "2026-01-02 03:04", "ada@example.com")
    found = AppliedSources(has_journal=True, kept=("r1",), changed=(changed,))
    assert list(applied_unchanged(found)) == [
        Finding(
            "r1",
            "revision r1 (migrations/versions/r1.py:3) does something else than what ada@example.com deployed at"
            " 2026-01-02 03:04",
            hint="put the file back, and write what is to change as a new revision",
        )
    ]


def test_unchanged_revision_is_none() -> None:
    assert list(applied_unchanged(AppliedSources(has_journal=True, kept=("r1",), unkept=("r0",)))) == []


@pytest.mark.parametrize(
    "nothing_kept", [AppliedSources(has_journal=False), AppliedSources(has_journal=True, unkept=("r0",))]
)
def test_database_without_kept_sources_is_not_judged(nothing_kept: AppliedSources) -> None:
    with pytest.raises(DoesNotApply, match="no source was kept"):
        list(applied_unchanged(nothing_kept))
