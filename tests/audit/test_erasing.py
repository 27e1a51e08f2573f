"""What entries hold can be erased on record, and the trail still holds; without a record it does not."""

from __future__ import annotations

import json

import pytest

from pytest_dbops.cli.audit import JSON
from tests.audit.conftest import LOG, Audited


@pytest.fixture
def erasable(audited: Audited) -> Audited:
    """A sealed trail of three entries in an environment from which something may be removed."""
    audited.configure("", replacing={"require = []": "require = []\nmay_destroy = true"})
    audited.run(*(f"INSERT INTO party VALUES ({n}, {n}, NULL, NULL)" for n in (1, 2, 3)))
    assert audited.dbops("seal").code == 0
    return audited


def test_erased_entries_hold_nothing_and_the_seals_hold_before_and_after_the_next_seal(erasable: Audited) -> None:
    done = erasable.dbops(
        "erase", "--entry", "1", "2", "77", "--reason", "request 12", "--actor", "ada", "--format", "json"
    )
    assert (done.code, done.json, set(done.json)) == (
        0, {"environment": "staging", "named": 3, "erased": 2}, set(JSON["erase"].keys),
    )  # fmt: skip
    assert [changed is None for (changed,) in erasable.entries("changed")] == [True, True, False, False, False]
    assert [salt is None for (salt,) in erasable.entries("salt")] == [True, True, False, False, False]
    records = [(tenant, json.loads(told)) for op, tenant, _, told in erasable.entries() if op == "ERASE"]
    assert sorted(records) == [
        ("1", {"entries": [1], "reason": "request 12"}), ("2", {"entries": [2], "reason": "request 12"}),
    ]  # fmt: skip
    assert (erasable.verified().is_whole, erasable.verified().erased) == (True, 2)
    erasable.dbops("seal")
    found = erasable.verified()
    assert (found.is_whole, found.erased, found.entries) == (True, 2, 5)
    again = erasable.dbops("erase", "--entry", "1", "4", "--reason", "x", "--format", "json")
    assert again.json["erased"] == 0
    assert "(erased)" in erasable.dbops("show").out


def test_erasure_without_a_record_is_found(erasable: Audited) -> None:
    erasable.run(f"UPDATE {LOG[erasable.dialect]} SET changed = NULL, salt = NULL WHERE id = 2")
    assert erasable.faults() == [("entry erased without a record", "entry 2")]


def test_entry_erased_before_it_was_sealed_is_sealed_without_its_content(erasable: Audited) -> None:
    erasable.run("INSERT INTO party VALUES (4, 4, NULL, NULL)")
    assert erasable.dbops("erase", "--entry", "4", "--reason", "x").code == 0
    erasable.dbops("seal")
    found = erasable.verified()
    assert (found.is_whole, found.erased, found.entries) == (True, 1, 5)


def test_erasing_is_refused_by_policy_and_without_a_reason(audited: Audited) -> None:
    refused = audited.dbops("erase", "--entry", "1", "--reason", "x")
    assert (refused.code, "policy 'may_destroy'" in refused.err) == (4, True)
    audited.configure("", replacing={"require = []": "require = []\nmay_destroy = true"})
    for arguments, said in (
        (("--entry", "1", "--reason", " "), "an erasure needs a reason"),
        (("--entry", "x", "--reason", "y"), "'x' is no number of an entry"),
        (("--reason", "y"), "--entry"),
    ):
        answer = audited.dbops("erase", *arguments)
        assert (answer.code, said in answer.err, answer.err.count("\n")) == (2, True, 1)
