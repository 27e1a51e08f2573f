"""SED002."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.integrity.seeds_differ_from_run_to_run import seeds_differ_from_run_to_run
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.seed_rehearsal import SeedRehearsal


def test_each_table_is_a_finding() -> None:
    found = list(seeds_differ_from_run_to_run(SeedRehearsal(unlike=("a", "b"))))
    assert [each.subject for each in found] == ["a", "b"]


def test_equal_tables_are_no_finding() -> None:
    assert list(seeds_differ_from_run_to_run(SeedRehearsal())) == []


@pytest.mark.parametrize("rehearsal", [SeedRehearsal(failed="x"), SeedRehearsal(unfit=("x",))])
def test_seeds_that_cannot_be_made_are_not_judged(rehearsal: SeedRehearsal) -> None:
    with pytest.raises(CannotJudge):
        list(seeds_differ_from_run_to_run(rehearsal))
