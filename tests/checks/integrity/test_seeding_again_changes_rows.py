"""SED003."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.integrity.seeding_again_changes_rows import seeding_again_changes_rows
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.seed_rehearsal import SeedRehearsal


def test_each_change_is_a_finding() -> None:
    (found,) = seeding_again_changes_rows(SeedRehearsal(again=("t: `clean` leaves 2 rows",)))
    assert (found.subject, found.message) == ("t", "t: `clean` leaves 2 rows")


def test_seeds_that_come_back_as_they_were_are_no_finding() -> None:
    assert list(seeding_again_changes_rows(SeedRehearsal())) == []


def test_seeds_that_cannot_be_made_are_not_judged() -> None:
    with pytest.raises(CannotJudge):
        list(seeding_again_changes_rows(SeedRehearsal(failed="x")))
