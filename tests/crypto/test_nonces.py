"""Nonces that two readings have both met are found, wherever in the tables their prints lie."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from pathlib import Path

from pytest_dbops.crypto.layout import BOUND_BYTES, NONCE_BYTES
from pytest_dbops.crypto.nonces import LEAST_SLOTS, NonceFilter, met_by_both

FIELDS = LEAST_SLOTS  # a table of four times as many slots, and more than is compared at once


def met(nonces: Iterable[bytes]) -> NonceFilter:
    made = NonceFilter(FIELDS)
    for nonce in nonces:
        made.add(b"\0" * BOUND_BYTES + nonce)
    return made


def nonces(seed: int, number: int) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(NONCE_BYTES) for _ in range(number)]


def in_slot(slot: int, mark: int) -> bytes:
    """Return a nonce of a slot with a print."""
    return slot.to_bytes(4, "big") + mark.to_bytes(4, "big") + bytes(NONCE_BYTES - 8)


def print_of(nonce: bytes) -> int:
    return int.from_bytes(nonce[4:8], "big") or 1


def found(one: NonceFilter, other: NonceFilter, of: Collection[bytes]) -> set[bytes]:
    """Return those of some nonces that two filters say they have both met; asserts that they say no more."""
    of_both, prints = met_by_both(one, other)
    assert prints <= {print_of(each) for each in of}
    assert of_both <= set(of)
    return {each for each in of if each in of_both or print_of(each) in prints}


def test_every_nonce_of_both_is_found_among_many_that_are_of_one() -> None:
    shared = nonces(0, 2_000)
    one, other = met([*nonces(1, FIELDS // 2), *shared]), met([*shared, *nonces(2, FIELDS // 2)])
    assert one.overflown and other.overflown
    assert found(one, other, shared) == found(other, one, shared) == set(shared)


def test_nonces_of_the_first_and_the_last_slot_are_found() -> None:
    last = met([]).mask
    edges = [in_slot(slot, mark) for mark, slot in enumerate((0, LEAST_SLOTS - 1, LEAST_SLOTS, last), 2**31 - 2)]
    assert found(met(edges), met(edges), edges) == set(edges)
    assert found(met(edges[::2]), met(edges[1::2]), []) == set()


def test_a_print_of_nought_stands_for_one_and_an_empty_slot_for_nothing() -> None:
    assert met_by_both(met([in_slot(5, 0)]), met([in_slot(5, 0)])) == (set(), {1})
    assert met_by_both(met([in_slot(5, 0)]), met([])) == (set(), set())


def test_what_was_written_is_what_was_met(tmp_path: Path) -> None:
    many = nonces(3, FIELDS)
    made = met([*many, *many[:3]])
    made.write(tmp_path / "met")
    again = NonceFilter.load(tmp_path / "met")
    assert [getattr(again, each) for each in NonceFilter.__slots__] == [
        getattr(made, each) for each in NonceFilter.__slots__
    ]
    assert found(made, again, many) == set(many)
