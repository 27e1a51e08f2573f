"""What to try for one column, in order: the wish, ordinary values, what the checks name, then anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from pytest_dbops.migrating.filling.conditions.evaluate import OPAQUE, evaluate
from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.conditions.patterns import like_sample, regex_sample
from pytest_dbops.migrating.filling.conditions.suggest import Derived, Fixed, Pattern, Sized, Suggestion
from pytest_dbops.migrating.filling.postgresql import guesses
from pytest_dbops.migrating.filling.shapes import ColumnShape, TableShape
from pytest_dbops.migrating.filling.values import NULL, OMITTED, Family, Value

_MORE = 12
"""How many further ordinary values are tried where the first is taken."""


def candidates(
    column: ColumnShape, shape: TableShape, number: int, preferred: Sequence[Value], datums: Mapping[str, Datum]
) -> Iterator[Value]:
    """Yield values to try, some perhaps twice, the preferred first; ``datums`` are the columns decided so far."""
    yield from preferred
    family = column.family
    if family is None:
        yield from _of_unknown(column, number)
        return
    suggestions = shape.suggestions.get(column.name, ())
    yield family.plain(number)
    for suggestion in suggestions:
        yield from filter(None, _suggested(suggestion, family, number, datums))
    yield from family.spellings(number)
    for further in range(1, _MORE + 1):
        yield family.plain(number + further)
        for suggestion in suggestions:
            if isinstance(suggestion, Sized | Pattern):
                yield from filter(None, _suggested(suggestion, family, number + further * 7, datums))
    for small in (0, 1):
        if (value := family.of(small)) is not None:
            yield value
    if column.may_be_null:
        yield NULL
    if column.has_default:
        yield OMITTED
    yield from (replace(value, label="") for value in family.edges)


def _of_unknown(column: ColumnShape, number: int) -> Iterator[Value]:
    if column.may_be_null:
        yield NULL
    if column.has_default:
        yield OMITTED
    for further in range(8):
        yield guesses().plain(number + further)


def _suggested(
    suggestion: Suggestion, family: Family, number: int, datums: Mapping[str, Datum]
) -> Iterator[Value | None]:
    if isinstance(suggestion, Fixed):
        yield _of(suggestion.value, family)
    elif isinstance(suggestion, Sized):
        value = family.sized(suggestion.length, number)
        yield value
        if value is not None and isinstance(value.datum, str):
            yield family.of(value.datum.upper())
            yield family.of(str(number + 1).rjust(suggestion.length, "0"))
    elif isinstance(suggestion, Pattern):
        text = _SAMPLES[suggestion.kind](suggestion.text, number)
        yield family.of(text) if text is not None else None
    elif isinstance(suggestion, Derived):
        yield from _derived(suggestion, family, datums)


_SAMPLES: Mapping[str, Callable[[str, int], str | None]] = {
    "like": like_sample,
    "regex": regex_sample,
    "start": lambda text, number: f"{text}{number + 1}",
}


def _derived(suggestion: Derived, family: Family, datums: Mapping[str, Datum]) -> Iterator[Value | None]:
    result = evaluate(suggestion.node, datums)
    if result is OPAQUE or result is None:
        return
    yield _of(result, family)
    if not suggestion.is_equal and isinstance(result, int | Decimal | float) and not isinstance(result, bool):
        yield _of(result + 1, family)
        yield _of(result - 1, family)


def _of(datum: Datum, family: Family) -> Value | None:
    value = family.of(datum)
    if value is None and isinstance(datum, Decimal) and datum.is_finite():
        # Exact enough: what the server computes has more places than the column keeps.
        value = family.of(datum.quantize(Decimal("0.01"), ROUND_DOWN))
    return value
