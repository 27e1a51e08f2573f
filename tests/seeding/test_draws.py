"""Random values have an address: who asks, in which order, and for how many changes none of them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import accumulate

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_dbops.core.draws import Draws

LABELS = st.text(alphabet="abcxyz_0", min_size=1, max_size=8)


@given(st.integers(), st.integers(0, 50), LABELS, LABELS, st.integers(0, 300), st.integers(0, 300))
def test_the_first_values_do_not_depend_on_how_many_are_asked_for(
    seed: int, organization: int, table: str, column: str, few: int, more: int
) -> None:
    draws = Draws(seed, organization, table)
    assert draws.words(column, few + more)[:few] == draws.words(column, few)


@given(st.integers(-(10**6), 10**6), st.integers(0, 2**31))
def test_numbers_stay_within_their_bounds(low: int, span: int) -> None:
    numbers = Draws(1, 1, "t").integers("n", 50, low, low + span)
    assert min(numbers) >= low
    assert max(numbers) <= low + span


def test_values_are_the_same_on_every_python_and_machine() -> None:
    draws = Draws(1, 2, "customer", 3)
    assert list(draws.words("name", 3)) == GOLDEN_WORDS
    assert draws.integers("price", 5, 1, 100) == GOLDEN_NUMBERS


@given(st.integers(1, 600), st.integers(0, 700))
def test_choices_are_those_that_the_words_name(size: int, count: int) -> None:
    draws = Draws(1, 2, "customer", 3)
    assert draws.choices("name", count, range(size)) == [word * size >> 32 for word in draws.words("name", count)]


@given(st.integers(-(10**6), 10**6), st.integers(1, 2**32), st.integers(0, 40))
@example(-7, 256, 40)
@example(0, 257, 40)
@example(0, 2**32, 40)
def test_numbers_are_those_that_the_words_name(low: int, span: int, count: int) -> None:
    draws = Draws(1, 2, "customer", 3)
    wanted = [low + (word * span >> 32) for word in draws.words("price", count)]
    assert draws.integers("price", count, low, low + span - 1) == wanted


@given(st.lists(st.integers(0, 700), min_size=1, max_size=5).filter(any))
def test_weights_are_met_alike_whether_they_are_few_or_many(weights: list[int]) -> None:
    draws = Draws(1, 2, "customer", 3)
    bounds = list(accumulate(weights))
    wanted = [bisect_right(bounds, word * bounds[-1] >> 32) for word in draws.words("name", 300)]
    assert draws.weighted("name", 300, range(len(weights)), weights) == wanted


def test_each_part_of_the_address_changes_the_values() -> None:
    there = {
        tuple(draws.words(column, 4))
        for draws, column in (
            (Draws(1, 1, "a"), "x"),
            (Draws(2, 1, "a"), "x"),
            (Draws(1, 2, "a"), "x"),
            (Draws(1, 1, "b"), "x"),
            (Draws(1, 1, "a", 1), "x"),
            (Draws(1, 1, "a"), "y"),
        )
    }
    assert len(there) == 6


def test_weights_and_chances_are_kept() -> None:
    draws = Draws(1, 1, "t")
    assert set(draws.weighted("w", 500, "abc", (1, 0, 3))) == {"a", "c"}
    assert 150 < sum(draws.chance("c", 1000, 20)) < 250
    assert (any(draws.chance("c", 100, 0)), all(draws.chance("c", 100, 100))) == (False, True)
    days = draws.days("d", 200, date(2024, 2, 28), date(2024, 3, 1))
    assert set(days) == {date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)}


GOLDEN_WORDS = [3274405363, 2431286674, 924207189]
GOLDEN_NUMBERS = [45, 4, 16, 71, 62]
