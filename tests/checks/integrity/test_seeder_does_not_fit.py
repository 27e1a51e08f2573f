"""SED001."""

from __future__ import annotations

from pytest_dbops.checks.integrity.seeder_does_not_fit import seeder_does_not_fit
from pytest_dbops.core.seed_rehearsal import SeedRehearsal


def test_each_reason_and_a_failure_is_a_finding() -> None:
    found = list(seeder_does_not_fit(SeedRehearsal(unfit=("seeder 'a': table 't' is gone",))))
    assert [(each.subject, each.message) for each in found] == [("seeds[seeder 'a']", "seeder 'a': table 't' is gone")]
    assert [each.message for each in seeder_does_not_fit(SeedRehearsal(failed="seeder 'b' fails: x"))] == [
        "seeder 'b' fails: x"
    ]


def test_fitting_seeders_are_no_finding() -> None:
    assert list(seeder_does_not_fit(SeedRehearsal())) == []
