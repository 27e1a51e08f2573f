"""The hashes of the audit format are those of its page: fixed values, and a decoder that shares no code with us."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.core.audit.entry import Entry
from pytest_dbops.core.audit.hashing import content_commitment, entry_hash
from pytest_dbops.core.audit.sealed import GENESIS, Standing
from pytest_dbops.core.audit.sealing import ERASED, commitment_of, seal_entries

PAGE = Path(__file__).parents[3] / "docs" / "audit-format.md"
ENTRY = Entry(
    id=7, tenant="8", at="2026-11-29T21:44:56.000001Z", transaction_id=741, actor="user-7", request=None, role="app",
    table_schema="public", table_name="invoice", operation="UPDATE", row_key='{"id": 1}',
    changed='{"new": {"net": 200}, "old": {"net": 100}}', salt=bytes(range(16)),
)  # fmt: skip


def test_hashes_of_the_example_are_those_of_the_page() -> None:
    batch, (seal,) = seal_entries([ENTRY], Standing(), {}, sealed_at="2026-11-29T21:45:00.000000Z")
    made = {
        "commitment": commitment_of(ENTRY).hex(), "entry": seal.hashes.hex(), "seal": seal.hash.hex(),
        "batch": batch.hash.hex(),
    }  # fmt: skip
    told = dict(re.findall(r"^(commitment|entry|seal|batch) +([0-9a-f]{64})$", PAGE.read_text(encoding="utf-8"), re.M))
    assert told == made
    assert (seal.number, seal.previous, batch.number, batch.after_id, batch.up_to_id) == (1, GENESIS, 1, 0, 7)


def test_code_of_the_page_computes_the_same_without_our_code() -> None:
    (code,) = re.findall(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert "pytest_dbops" not in code
    assert len(code.splitlines()) < 60
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)  # the page's own code
    fields = [ENTRY.tenant, ENTRY.at, "741", ENTRY.actor, None, ENTRY.role, ENTRY.table_schema, ENTRY.table_name,
              ENTRY.operation, ENTRY.row_key]  # fmt: skip
    commitment = names["commitment"](ENTRY.salt, ENTRY.changed)  # type: ignore[operator]
    assert commitment == commitment_of(ENTRY)
    one_entry = names["entry_hash"](ENTRY.id, fields, commitment)  # type: ignore[operator]
    assert one_entry == entry_hash(ENTRY, commitment)
    batch, (seal,) = seal_entries([ENTRY], Standing(), {}, sealed_at="x")
    assert names["seal_hash"](1, GENESIS, "8", [7], [commitment], [one_entry]) == seal.hash  # type: ignore[operator]
    assert names["batch_hash"](1, GENESIS, 0, 7, "x", [("8", 1, seal.hash)]) == batch.hash  # type: ignore[operator]


@pytest.mark.parametrize("name", [field for field in ENTRY.__dataclass_fields__ if field not in ("changed", "salt")])
def test_every_field_counts_and_null_is_not_empty(name: str) -> None:
    other = replace(ENTRY, **{name: 9 if name in ("id", "transaction_id") else ""})
    none = replace(ENTRY, **{name: 10 if name == "id" else None})
    hashes = {entry_hash(each, bytes(32)) for each in (ENTRY, other, none)}
    assert len(hashes) == (3 if name != "request" else 2)


def test_texts_of_neighbouring_fields_cannot_be_shifted() -> None:
    one, other = replace(ENTRY, actor="ab", request="c"), replace(ENTRY, actor="a", request="bc")
    assert entry_hash(one, bytes(32)) != entry_hash(other, bytes(32))


def test_erased_content_leaves_the_entry_hash_as_it_was() -> None:
    kept = commitment_of(ENTRY)
    erased = replace(ENTRY, changed=None, salt=None)
    assert commitment_of(erased) == ERASED
    assert entry_hash(erased, kept) == entry_hash(ENTRY, kept)


def test_equal_contents_are_not_told_by_their_commitments() -> None:
    assert content_commitment(bytes(16), "{}") != content_commitment(bytes([1]) + bytes(15), "{}")
