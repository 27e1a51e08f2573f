"""Every injury of a single field is told for what it is, in both profiles; nothing is told of a sound one."""

from __future__ import annotations

import base64
import os
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from pytest_dbops.core.encryption import (
    BoundAs,
    BoundColumn,
    Content,
    EncryptedColumn,
    FieldAudit,
    FieldVerdict,
    KeyState,
    Method,
)
from pytest_dbops.crypto.audit import ColumnAuditor
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.layout import OVERHEAD_BYTES
from pytest_dbops.crypto.nonces import NonceFilter
from pytest_dbops.crypto.seal import Binding, seal
from tests.crypto.rings import forged, key, ring

PLACE = ("customer", "iban")
ROW = Binding("7", "018f4e7a-0000-7000-8000-000000000001")
BIND = (BoundColumn("org_id", BoundAs.NUMBER), BoundColumn("public_id", BoundAs.UUID))
UNBOUND = EncryptedColumn("", "customer", "iban", PLACE, Content.TEXT, False, ("id",))
BOUND = replace(UNBOUND, bind=BIND)
PHONE = replace(UNBOUND, column="phone", place=("customer", "phone"))
BOUND_PHONE = replace(PHONE, bind=BIND)
OTHERS = (UNBOUND, BOUND, PHONE, BOUND_PHONE)
VALUE = b"DE02120300000000202051"
RING = ring(key("new"), key("old", KeyState.RETIRED), key("leaked", KeyState.COMPROMISED))
PROFILES = pytest.mark.parametrize(("column", "binding"), [(UNBOUND, None), (BOUND, ROW)], ids=["column", "row"])


def audit(column: EncryptedColumn, *values: Any, keyring: Keyring = RING, rows: Any = ()) -> FieldAudit:
    """Judge some values as the fields of rows 1, 2, ...; in the row profile of the row `ROW`, or of those given."""
    auditor = ColumnAuditor(keyring, column, OTHERS)
    bound = list(rows) or [ROW] * len(values)
    at = [(int(each.tenant), each.row) if column.bind else () for each in bound]
    auditor.feed([(value, *at[place], place + 1) for place, value in enumerate(values)])
    auditor.settle(lambda _: [], list)
    return auditor.result(Method.FULL, len(values))


def verdicts(column: EncryptedColumn, *values: Any, keyring: Keyring = RING) -> dict[FieldVerdict, int]:
    return dict(audit(column, *values, keyring=keyring).counts)


@PROFILES
def test_sound_field_is_ok(column: EncryptedColumn, binding: Binding | None) -> None:
    assert verdicts(column, seal(RING, PLACE, VALUE, binding), None) == {FieldVerdict.OK: 1, FieldVerdict.EMPTY: 1}


@PROFILES
def test_each_changed_bit_is_a_change(column: EncryptedColumn, binding: Binding | None) -> None:
    sealed = seal(RING, PLACE, VALUE, binding)
    flipped = [
        sealed[:place] + bytes([sealed[place] ^ 1 << bit]) + sealed[place + 1 :]
        for place in range(len(sealed))
        for bit in range(8)
    ]
    assert verdicts(column, *flipped) == {FieldVerdict.ALTERED: len(sealed) * 8}


@PROFILES
def test_each_inverted_byte_is_a_change(column: EncryptedColumn, binding: Binding | None) -> None:
    sealed = seal(RING, PLACE, VALUE, binding)
    flipped = [sealed[:at] + bytes([sealed[at] ^ mask]) + sealed[at + 1 :] for at in range(len(sealed))
               for mask in (3, 255)]  # fmt: skip
    assert verdicts(column, *flipped) == {FieldVerdict.ALTERED: len(flipped)}


@PROFILES
def test_field_cut_at_any_length_is_truncated(column: EncryptedColumn, binding: Binding | None) -> None:
    sealed = seal(RING, PLACE, VALUE, binding)
    assert verdicts(column, *(sealed[:size] for size in range(len(sealed)))) == {FieldVerdict.TRUNCATED: len(sealed)}


@PROFILES
def test_field_that_grew_is_changed(column: EncryptedColumn, binding: Binding | None) -> None:
    sealed = seal(RING, PLACE, VALUE, binding)
    assert verdicts(column, sealed + b"\0", sealed + sealed) == {FieldVerdict.ALTERED: 2}


@PROFILES
@pytest.mark.parametrize(
    "value",
    [
        VALUE,
        VALUE.decode(),
        b"x",
        bytes(64),
        "Û\x11 begins like one, as text".encode(),
        seal(RING, PLACE, VALUE).hex(),
        base64.b64encode(seal(RING, PLACE, VALUE)),
        b"gAAAAABk" + bytes(80),
        12,
        b"\xdb\x21" + bytes(60),
        b"\xdc" + bytes(20),
    ],
    ids=["bytes", "text", "one byte", "zeros", "utf-8", "hex", "base64", "fernet", "number", "format 2", "an index"],
)
def test_whatever_is_no_envelope_is_plaintext(column: EncryptedColumn, binding: Binding | None, value: Any) -> None:
    assert verdicts(column, value) == {FieldVerdict.PLAINTEXT: 1}


@PROFILES
def test_plaintext_with_a_right_header_cannot_be_told_from_a_change(
    column: EncryptedColumn, binding: Binding | None
) -> None:
    sealed = seal(RING, PLACE, VALUE, binding)
    assert verdicts(column, sealed[:10] + os.urandom(len(sealed) - 10)) == {FieldVerdict.ALTERED: 1}


@PROFILES
def test_value_that_is_an_envelope_itself_is_ok_when_sealed(column: EncryptedColumn, binding: Binding | None) -> None:
    inner = seal(RING, PLACE, VALUE, binding)
    assert verdicts(column, seal(RING, PLACE, inner, binding)) == {FieldVerdict.OK: 1}


@PROFILES
@pytest.mark.parametrize("name", ["old", "leaked"])
def test_field_on_a_key_that_no_longer_seals_is_counted_apart(
    column: EncryptedColumn, binding: Binding | None, name: str
) -> None:
    found = audit(column, seal(RING, PLACE, VALUE, binding), seal(ring(key(name)), PLACE, VALUE, binding))
    assert dict(found.counts) == {FieldVerdict.OK: 1, FieldVerdict.OK_OLD_KEY: 1}
    assert {share.state for share in found.keys} == {
        KeyState.ACTIVE, KeyState.RETIRED if name == "old" else KeyState.COMPROMISED,
    }  # fmt: skip


@PROFILES
def test_key_that_is_not_there_is_unknown_and_counted(column: EncryptedColumn, binding: Binding | None) -> None:
    stranger = ring(key("stranger"))
    found = audit(column, *(seal(stranger, PLACE, VALUE, binding) for _ in range(3)))
    assert dict(found.counts) == {FieldVerdict.UNKNOWN_KEY: 3}
    assert [(share.id, share.fields, share.state) for share in found.keys] == [(key("stranger").record.id, 3, None)]


@PROFILES
def test_key_that_is_destroyed_opens_nothing(column: EncryptedColumn, binding: Binding | None) -> None:
    gone = replace(key("gone"), root=None)
    destroyed = ring(key("new"), replace(gone, record=replace(gone.record, state=KeyState.DESTROYED)))
    found = audit(column, seal(ring(key("gone")), PLACE, VALUE, binding), keyring=destroyed)
    assert dict(found.counts) == {FieldVerdict.UNKNOWN_KEY: 1}
    assert "is destroyed" in found.offenders[0].detail


@PROFILES
def test_field_that_names_another_key_than_its_own_is_on_a_wrong_key(
    column: EncryptedColumn, binding: Binding | None
) -> None:
    assert verdicts(column, forged(VALUE, PLACE, binding, sealed_by="old", named="new")) == {FieldVerdict.WRONG_KEY: 1}


@PROFILES
def test_field_of_another_column_is_swapped(column: EncryptedColumn, binding: Binding | None) -> None:
    found = audit(column, seal(RING, PHONE.place, VALUE, binding))
    assert dict(found.counts) == {FieldVerdict.SWAPPED: 1}
    assert found.offenders[0].detail == "sealed for customer.phone"


@PROFILES
def test_field_of_the_other_profile_is_told_apart(column: EncryptedColumn, binding: Binding | None) -> None:
    other = None if binding else ROW
    wanted = {FieldVerdict.OTHER_PROFILE: 1} if binding else {FieldVerdict.ALTERED: 1}
    assert verdicts(column, seal(RING, PLACE, VALUE, other)) == wanted


def test_fields_swapped_between_rows_and_tenants_are_told_with_the_row_they_belong_to() -> None:
    rows = [Binding("7", f"018f4e7a-0000-7000-8000-00000000000{number}") for number in (1, 2)]
    rows += [Binding("8", rows[0].row), Binding("8", rows[1].row)]
    sealed = [seal(RING, PLACE, VALUE, row) for row in rows]
    found = audit(BOUND, sealed[1], sealed[0], sealed[3], sealed[2], rows=rows)
    assert dict(found.counts) == {FieldVerdict.SWAPPED: 4}
    assert [each.detail for each in found.offenders] == [
        f"sealed for customer.iban of id={number}" for number in (2, 1, 4, 3)
    ]


def test_fields_swapped_in_a_ring_over_tenants_and_columns_are_all_swapped() -> None:
    rows = [Binding(str(number), f"018f4e7a-0000-7000-8000-{number:012}") for number in range(12)]
    sealed = [seal(RING, (PLACE, PHONE.place)[number % 2], VALUE, row) for number, row in enumerate(rows)]
    found = audit(BOUND, *sealed[1:], sealed[0], rows=rows)
    assert dict(found.counts) == {FieldVerdict.SWAPPED: 12}


def test_columns_profile_does_not_see_a_field_of_another_row_and_says_so() -> None:
    """The limit that docs/format.md tells; a full scan finds the copy by its nonce."""
    sealed = seal(RING, PLACE, VALUE)
    assert verdicts(UNBOUND, sealed, sealed) == {FieldVerdict.OK: 2}
    nonces = NonceFilter(2)
    auditor = ColumnAuditor(RING, UNBOUND, OTHERS, nonces)
    auditor.feed([(sealed, 1), (sealed, 2)])
    assert nonces.noticed == {sealed[10:22]}
    auditor.recount([[(sealed, 1), (sealed, 2)]])
    assert dict(auditor.result(Method.FULL, 2).counts) == {FieldVerdict.DUPLICATE_NONCE: 2}


def test_an_older_value_of_the_same_field_is_not_seen() -> None:
    """The limit that docs/format.md tells: nothing binds a field to its time."""
    old, _ = seal(RING, PLACE, b"older", ROW), seal(RING, PLACE, b"newer", ROW)
    assert verdicts(BOUND, old) == {FieldVerdict.OK: 1}


@PROFILES
def test_null_counts_where_a_value_is_required(column: EncryptedColumn, binding: Binding | None) -> None:
    required = replace(column, is_required=True)
    assert verdicts(required, None) == {FieldVerdict.NULL_WHERE_REQUIRED: 1}


def test_row_without_an_id_opens_nothing() -> None:
    auditor = ColumnAuditor(RING, BOUND, OTHERS)
    auditor.feed([(seal(RING, PLACE, VALUE, ROW), 7, None, 1), (None, 7, None, 2)])
    auditor.settle(lambda _: [], list)
    assert dict(auditor.result(Method.FULL, 2).counts) == {FieldVerdict.ALTERED: 1, FieldVerdict.EMPTY: 1}


@PROFILES
def test_ten_thousand_sound_fields_raise_no_finding(column: EncryptedColumn, binding: Binding | None) -> None:
    values = [seal(RING, PLACE, os.urandom(number % 60), binding) for number in range(10_000)]
    assert verdicts(column, *values) == Counter({FieldVerdict.OK: 10_000})


def test_overhead_is_what_the_format_says() -> None:
    assert {len(seal(RING, PLACE, bytes(size))) - size for size in range(100)} == {OVERHEAD_BYTES} == {38}
