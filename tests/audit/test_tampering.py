"""Whatever is done to entries, seals and batches behind the trail's back is found, and the place is named."""

from __future__ import annotations

import pytest

from pytest_dbops.operations.audit.seal import seal_all
from tests.audit.conftest import LOG, Audited

SEAL = {"postgresql": "dbops.audit_seal", "sqlite": "dbops_audit_seal"}
BATCH = {"postgresql": "dbops.audit_batch", "sqlite": "dbops_audit_batch"}
STATE = {"postgresql": "dbops.audit_state", "sqlite": "dbops_audit_state"}


@pytest.fixture
def sealed(audited: Audited) -> Audited:
    """A trail of 12 entries of two tenants in four batches, three entries each: tenants 1, 1, 2."""
    for number in range(1, 5):
        rows = (f"(1, {number}, 1, 'a', 0)", f"(1, {number + 100}, 1, 'b', 0)", f"(2, {number}, 1, 'c', 0)")
        audited.run(f"INSERT INTO invoice VALUES {', '.join(rows)}")
    with audited.writer() as writer:
        assert seal_all(writer, wait_s=60, at_once=3)[:2] == (4, 12)
    assert audited.faults() == []
    return audited


def forge(sealed: Audited, *statements: str) -> list[tuple[str, str]]:
    """Do something to the trail as its owner, and return what a verification finds."""
    names = {"log": LOG[sealed.dialect], "seal": SEAL[sealed.dialect], "batch": BATCH[sealed.dialect],
             "state": STATE[sealed.dialect]}  # fmt: skip
    sealed.unguarded(*(statement.format(**names) for statement in statements))
    return sealed.faults()


def test_edited_entries_are_found_whatever_was_edited(sealed: Audited) -> None:
    at = "at - interval '1 microsecond'" if sealed.dialect == "postgresql" else "'2020-01-01T00:00:00.000000Z'"
    changes = (
        "actor = 'x'", "request = 'x'", "tenant = '9'", "operation = 'UPDATE'", "table_name = 'party'",
        "row_key = '{{}}'", "changed = '{{}}'", "changed = NULL", "salt = NULL", f"at = {at}", "transaction_id = 1",
        "table_schema = 'x', role = 'x'",
    )  # fmt: skip
    found = forge(sealed, *(f"UPDATE {{log}} SET {change} WHERE id = {n}" for n, change in enumerate(changes, 1)))
    assert found == [("entry changed", f"entry {number}") for number in range(1, 13)]


def test_one_bit_of_a_salt_counts(sealed: Audited) -> None:
    other = {"postgresql": "set_bit(salt, 3, 1 - get_bit(salt, 3))", "sqlite": "randomblob(16)"}[sealed.dialect]
    assert forge(sealed, f"UPDATE {{log}} SET salt = {other} WHERE id = 4") == [("entry changed", "entry 4")]


def test_removed_entries_are_found_at_the_beginning_the_middle_and_the_end(sealed: Audited) -> None:
    found = forge(sealed, "DELETE FROM {log} WHERE id IN (1, 5, 7, 8, 9, 12)")
    assert found == [("entry missing", f"entry {number}") for number in (1, 5, 7, 8, 9, 12)]


def test_swapped_entries_are_found_both(sealed: Audited) -> None:
    found = forge(
        sealed, "UPDATE {log} SET id = 1000 WHERE id = 4", "UPDATE {log} SET id = 4 WHERE id = 5",
        "UPDATE {log} SET id = 5 WHERE id = 1000",
    )  # fmt: skip
    assert found == [("entry changed", "entry 4"), ("entry changed", "entry 5")]


def test_entry_put_among_sealed_ones_is_found(sealed: Audited) -> None:
    columns = (
        "tenant, at, transaction_id, actor, request, role, table_schema, table_name, operation, row_key, changed, salt"
    )
    found = forge(
        sealed, "DELETE FROM {log} WHERE id = 5",
        f"INSERT INTO {{log}} (id, {columns}) SELECT 5, {columns} FROM {{log}} WHERE id = 2",
        f"INSERT INTO {{log}} (id, {columns}) SELECT -5, {columns} FROM {{log}} WHERE id = 2",
    )  # fmt: skip
    assert found == [("entry unknown", "entry -5"), ("entry changed", "entry 5")]
    again = forge(sealed, "UPDATE {log} SET id = 3000 WHERE id = -5")
    assert again == [("entry changed", "entry 5")]  # behind the sealed ones it is one that waits


def test_edited_seals_are_found_whatever_was_edited(sealed: Audited) -> None:
    zero = "decode(repeat('00', 64), 'hex')" if sealed.dialect == "postgresql" else "zeroblob(64)"
    places = (("entries", "1", 1), ("commitments", "1", 3), ("hashes", "2", 2), ("previous", "2", 3), ("hash", "2", 4))
    found = forge(sealed, *(
        f"UPDATE {{seal}} SET {column} = {zero} WHERE tenant = '{tenant}' AND number = {number}"
        for column, tenant, number in places
    ))  # fmt: skip
    assert {("seal changed", f"seal {number} of tenant '{tenant}'") for _, tenant, number in places} <= set(found)


def test_removed_seal_is_found(sealed: Audited) -> None:
    found = forge(sealed, "DELETE FROM {seal} WHERE tenant = '1' AND number = 2")
    assert ("batch changed", "batch 2") in found
    assert ("seal missing", "seal 2 of tenant '1'") in found
    assert {("entry unknown", "entry 4"), ("entry unknown", "entry 5")} < set(found)


def test_removed_last_seal_is_found(sealed: Audited) -> None:
    found = forge(sealed, "DELETE FROM {seal} WHERE tenant = '2' AND number = 4")
    assert found == [("batch changed", "batch 4"), ("entry unknown", "entry 12")]


def test_swapped_seals_are_found_both(sealed: Audited) -> None:
    found = forge(
        sealed, "UPDATE {seal} SET number = 1000 WHERE tenant = '1' AND number = 2",
        "UPDATE {seal} SET number = 2 WHERE tenant = '1' AND number = 3",
        "UPDATE {seal} SET number = 3 WHERE tenant = '1' AND number = 1000",
    )  # fmt: skip
    assert {("batch changed", "batch 2"), ("batch changed", "batch 3")} < set(found)
    assert {subject for kind, subject in found if kind.startswith("seal")} >= {
        "seal 2 of tenant '1'", "seal 3 of tenant '1'",
    }  # fmt: skip


def test_edited_and_removed_batches_are_found(sealed: Audited) -> None:
    assert forge(sealed, "UPDATE {batch} SET sealed_at = 'x' WHERE number = 2") == [("batch changed", "batch 2")]
    found = forge(sealed, "DELETE FROM {batch} WHERE number = 2")
    assert ("batch missing", "batch 2") in found


def test_cut_off_end_is_found(sealed: Audited) -> None:
    found = forge(sealed, "DELETE FROM {seal} WHERE batch > 2", "DELETE FROM {batch} WHERE number > 2")
    assert found == [("batch missing", "batch 3 to 4")]
    assert forge(sealed, "DELETE FROM {log} WHERE id > 6") == [("batch missing", "batch 3 to 4")]


def test_state_that_was_turned_back_is_found_and_not_continued(sealed: Audited) -> None:
    assert forge(sealed, "UPDATE {state} SET batches = 2, up_to_id = 6") == [("end changed", "end")]
    refused = sealed.dbops("seal")
    assert (refused.code, "its last batch is not the one its state tells of" in refused.err) == (1, True)


def test_only_an_anchor_tells_of_a_trail_that_was_rewritten_from_the_first_entry_on(sealed: Audited) -> None:
    kept = sealed.verified().head
    zero = "decode(repeat('00', 32), 'hex')" if sealed.dialect == "postgresql" else "zeroblob(32)"
    assert forge(
        sealed, "DELETE FROM {seal}", "DELETE FROM {batch}", "DELETE FROM {log} WHERE id = 3",
        f"UPDATE {{state}} SET batches = 0, up_to_id = 0, hash = {zero}",
    ) == []  # fmt: skip
    sealed.dbops("seal")
    assert sealed.faults() == []
    found = sealed.dbops("verify", "--anchor", kept, "--format", "json")
    assert (found.code, [each["kind"] for each in found.json["faults"]]) == (1, ["anchor unknown"])
    assert kept in found.json["faults"][0]["message"]


def test_anchor_of_an_older_batch_or_of_a_tenant_holds_while_the_trail_grows(sealed: Audited) -> None:
    kept = sealed.verified().head
    (mine,) = sealed.rows(f"SELECT hash FROM {SEAL[sealed.dialect]} WHERE tenant = '2' AND number = 2")[0]
    sealed.run("DELETE FROM invoice")
    sealed.dbops("seal")
    for anchor in (kept, kept.upper(), mine.hex()):
        assert sealed.dbops("verify", "--anchor", anchor).code == 0
    for wrong in ("", "00", "x" * 64):
        answer = sealed.dbops("verify", f"--anchor={wrong}")
        assert answer.code == (2 if wrong else 0)
    assert sealed.dbops("verify", "--anchor", "0" * 64).code == 1


def test_thousands_of_faults_are_counted_and_the_first_are_named(audited: Audited) -> None:
    audited.run("INSERT INTO party VALUES (1, 1, 'x', NULL)", *(f"UPDATE party SET id = {n}" for n in range(2, 302)))
    audited.dbops("seal")
    audited.unguarded(f"UPDATE {LOG[audited.dialect]} SET actor = 'x'")
    told = audited.dbops("verify", "--format", "json").json
    assert (len(told["faults"]), told["counts"]) == (200, {"entry changed": 301})
    assert "... and 101 more" in audited.dbops("verify").out
