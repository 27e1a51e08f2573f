"""What holds of every value, key and place: what is sealed opens in its place and in no other, as the page says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_dbops.core.encryption import EncryptedColumn, FieldVerdict
from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.blind_index import NORMALISERS, blind_index, normalised
from pytest_dbops.crypto.layout import Fault, split
from pytest_dbops.crypto.seal import Binding, open_field, seal
from tests.crypto.rings import forged, ring
from tests.crypto.test_single_fields import BOUND, PLACE, RING, ROW, UNBOUND, verdicts

NAMES = st.text(min_size=1, max_size=30)
BINDINGS = st.none() | st.builds(Binding, NAMES, NAMES)
VALUES = st.binary(max_size=200)


@given(VALUES, NAMES, NAMES, BINDINGS)
def test_what_is_sealed_opens_in_its_place(value: bytes, table: str, column: str, binding: Binding | None) -> None:
    sealed = seal(RING, (table, column), value, binding)
    assert open_field(RING, (table, column), bytes(sealed), binding) == value


@given(VALUES, st.tuples(NAMES, NAMES, NAMES, NAMES), st.tuples(NAMES, NAMES, NAMES, NAMES))
def test_no_two_places_are_written_alike(value: bytes, one: tuple[str, ...], other: tuple[str, ...]) -> None:
    sealed = seal(RING, (one[0], one[1]), value, Binding(one[2], one[3]))
    place, binding = (other[0], other[1]), Binding(other[2], other[3])
    if one == other:
        assert open_field(RING, place, sealed, binding) == value
    else:
        with pytest.raises(FieldError):
            open_field(RING, place, sealed, binding)


@given(VALUES, BINDINGS)
def test_forger_of_the_page_and_our_code_read_each_other(value: bytes, binding: Binding | None) -> None:
    assert open_field(RING, PLACE, forged(value, PLACE, binding, sealed_by="new"), binding) == value


@given(st.binary(max_size=120))
def test_any_bytes_get_one_verdict_and_never_ok(value: bytes) -> None:
    for column in (UNBOUND, BOUND):
        found = verdicts(column, value)
        assert sum(found.values()) == 1
        assert not {FieldVerdict.OK, FieldVerdict.OK_OLD_KEY, FieldVerdict.EMPTY} & set(found)


@given(st.text(max_size=60))
def test_no_text_is_a_whole_envelope_or_more_than_nothing_of_one(text: str) -> None:
    assert split(text.encode()) is (Fault.CUT if not text else Fault.FOREIGN)


@pytest.mark.parametrize("column", [UNBOUND, BOUND], ids=["column", "row"])
@given(data=st.data())
def test_field_with_any_bytes_replaced_is_never_ok(column: EncryptedColumn, data: st.DataObject) -> None:
    sealed = seal(RING, PLACE, data.draw(VALUES), ROW if column.bind else None)
    at = data.draw(st.integers(0, len(sealed) - 1))
    put = data.draw(st.binary(min_size=1, max_size=8))
    changed = sealed[:at] + put + sealed[at + len(put) :]
    found = set(verdicts(column, changed))
    assert found == {FieldVerdict.OK} if changed == sealed else not found & {FieldVerdict.OK, FieldVerdict.OK_OLD_KEY}


@given(st.text(max_size=40), st.sampled_from(sorted(NORMALISERS)))
def test_index_is_that_of_the_normalised_value(value: str, rule: str) -> None:
    made = blind_index(RING, PLACE, value, normalise=rule)
    assert made == blind_index(RING, PLACE, value, normalise=rule)
    assert len(made) == 21
    assert normalised(normalised(value, rule), "exact") == normalised(value, rule)


@given(NAMES, NAMES)
def test_index_differs_by_key_place_and_tenant(value: str, other: str) -> None:
    made = {
        blind_index(RING, PLACE, value, normalise="exact"),
        blind_index(RING, PLACE, value, normalise="exact", tenant="7"),
        blind_index(RING, ("customer", "phone"), value, normalise="exact"),
        blind_index(RING, (PLACE[1], PLACE[0]), value, normalise="exact"),
    }
    assert len(made) == 4
    assert (normalised(value, "exact") == normalised(other, "exact")) == (
        blind_index(RING, PLACE, value, normalise="exact") == blind_index(RING, PLACE, other, normalise="exact")
    )


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("email", ["Zoë@Example.com", " zoë@example.COM\n", "Zoe\u0308@example.com"]),
        ("digits", ["DE02 1203 0000", "de0212030000", "DE02-1203-0000"]),
        ("text", ["Straße ", "STRASSE"]),
    ],
)
def test_spellings_of_one_value_have_one_index(rule: str, values: list[str]) -> None:
    assert len({blind_index(RING, PLACE, each, normalise=rule) for each in values}) == 1


def test_incomplete_binding_is_refused_before_a_key_is_touched() -> None:
    for binding in (Binding("", "1"), Binding("7", "")):
        with pytest.raises(FieldError, match="has no table, column, tenant or row id to be bound to"):
            seal(ring(), PLACE, b"x", binding)
