"""Months that need not be kept are removed on record, and what is left verifies; what else is missing is found."""

from __future__ import annotations

import pytest

from pytest_dbops.cli.audit import JSON
from tests.audit.conftest import LOG, Audited

OLD = ("2016-01", "2016-02", "2016-03")


@pytest.fixture
def aged(audited: Audited) -> Audited:
    """A sealed trail with two entries in each of three old months and two of today."""
    audited.configure("", replacing={"require = []": "require = []\nmay_destroy = true"})
    if audited.dialect == "postgresql":
        audited.run(*(
            f"CREATE TABLE dbops.audit_log_{month.replace('-', '_')} PARTITION OF dbops.audit_log"
            f" FOR VALUES FROM ('{month}-01 00:00:00+00') TO ('2016-0{place + 2}-01 00:00:00+00')"
            for place, month in enumerate(OLD)
        ))  # fmt: skip
    audited.run(*(f"INSERT INTO party VALUES (1, {n}, NULL, NULL)" for n in range(1, 9)))
    for place, month in enumerate(OLD):
        at = f"{month}-15T00:00:00.000000Z"
        audited.unguarded(
            f"UPDATE {LOG[audited.dialect]} SET at = '{at}' WHERE id IN ({2 * place + 1}, {2 * place + 2})"
        )
    assert audited.dbops("install").code == 0  # guards the partitions that were made by hand
    assert audited.dbops("seal").code == 0
    assert audited.verified().is_whole
    return audited


def test_removed_months_leave_a_trail_that_verifies_month_after_month(aged: Audited) -> None:
    head = aged.verified().head
    planned = aged.dbops("expire", "--before", "2016-02", "--dry-run", "--format", "json")
    assert (planned.code, set(planned.json)) == (0, set(JSON["expire"].keys))
    assert planned.json["months"] == [{"month": "2016-01", "first": 1, "last": 2, "entries": 2}]
    assert len(aged.entries()) == 8
    assert aged.dbops("expire", "--before", "2016-02").code == 0
    assert aged.dbops("expire", "--before", "2016-02", "--format", "json").json["months"] == []
    aged.dbops("seal")
    assert aged.dbops("verify", "--anchor", head).code == 0
    assert aged.dbops("expire", "--before", "2016-03").code == 0
    assert aged.dbops("expire", "--before", "2016-04").code == 0
    aged.dbops("seal")
    found = aged.verified(head)
    assert (found.is_whole, found.removed) == (True, 6)
    assert sorted(operation for (operation,) in aged.entries("operation")) == ["EXPIRE"] * 3 + ["INSERT"] * 2
    assert "6 removed on record" in aged.dbops("verify").out


def test_record_that_goes_with_its_month_is_written_again(aged: Audited) -> None:
    aged.dbops("expire", "--before", "2016-02")
    aged.unguarded(f"UPDATE {LOG[aged.dialect]} SET at = '2016-03-20T00:00:00.000000Z' WHERE operation = 'EXPIRE'")
    aged.dbops("seal")
    assert aged.dbops("expire", "--before", "2016-04").code == 0
    aged.dbops("seal")
    assert (aged.verified().is_whole, aged.faults()) == (True, [])


def test_what_is_missing_beside_the_removed_is_found(aged: Audited) -> None:
    aged.dbops("expire", "--before", "2016-02")
    aged.unguarded(f"DELETE FROM {LOG[aged.dialect]} WHERE id IN (3, 8)")
    assert aged.faults() == [("entry missing", "entry 3"), ("entry missing", "entry 8")]


def test_record_that_claims_more_than_was_removed_hides_nothing_beyond_its_count(aged: Audited) -> None:
    aged.dbops("expire", "--before", "2016-02")
    told = '{"month": "2016-01", "first": 1, "last": 8, "entries": 2}'
    aged.unguarded(
        f"UPDATE {LOG[aged.dialect]} SET changed = '{told}' WHERE operation = 'EXPIRE'",
        f"DELETE FROM {LOG[aged.dialect]} WHERE id = 5",
    )
    assert aged.faults() == [("entry missing", "entry 1 to 8")]


def test_removing_is_refused_by_policy_before_the_seal_and_for_what_is_no_month(aged: Audited) -> None:
    for arguments, code, said in (
        ((), 2, "how long entries are kept is not said"),
        (("--before", "2016"), 2, "'2016' is no month"),
        (("--before", "9999-01"), 4, "policy 'keep_months': the month"),
    ):
        answer = aged.dbops("expire", *arguments)
        assert (answer.code, said in answer.err, answer.err.count("\n")) == (code, True, 1)
    aged.configure("keep_months = 600\n")
    answer = aged.dbops("expire", "--before", "2016-02")
    assert (answer.code, "[audit] keep_months = 600" in answer.err) == (4, True)
    assert aged.dbops("expire", "--format", "json").json["months"] == []
    aged.configure("", replacing={"keep_months = 600": "keep_months = 1", "may_destroy = true": ""})
    answer = aged.dbops("expire")
    assert (answer.code, "policy 'may_destroy'" in answer.err) == (4, True)


def test_month_with_an_entry_that_waits_for_its_seal_stays(aged: Audited) -> None:
    aged.run("INSERT INTO party VALUES (1, 9, NULL, NULL)")
    aged.unguarded(f"UPDATE {LOG[aged.dialect]} SET at = '2016-02-20T00:00:00.000000Z' WHERE id = 9")
    answer = aged.dbops("expire", "--before", "2016-03")
    assert (answer.code, "entry 9 of 2016-02 has no seal yet" in answer.err) == (1, True)
    assert len(aged.entries()) == 9
