"""The values of a column as the texts that COPY reads, each through the column's own type.

Columns are worked on whole: what repeats is turned into text once and looked up from then on, and what is made in one
step (whole numbers, decimals given as whole numbers, plain texts, bytes) is made when its line is put together.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from functools import partial
from typing import Any

from pytest_dbops.core.seeder import Scaled
from pytest_dbops.seeding.writing.literals import HEXADECIMAL, NULL, copy_text, is_verbatim
from pytest_dbops.seeding.writing.values import BindProcessor

Filled = tuple[Callable[[Sequence[Any]], Iterable[str]], Sequence[Any]]
"""What makes texts of a few values of a column as lines are put together, and the values."""

_MOST_REMEMBERED = 50_000
_SAMPLE = 200
_NONE = type(None)
_UNLIKE = frozenset((float, Decimal, time))


@dataclass(slots=True)
class Texts:
    """What has been turned into text already, for the columns of one type.

    stores_bytes: whether the column's type is one of SQLAlchemy's own, which stores bytes as they are if it does so
    with one of them. number: whether int or bool is remembered, whichever came first.
    """

    process: BindProcessor | None
    stores_bytes: bool = False
    number: type | None = None
    known: dict[Any, str] = field(default_factory=dict)
    scaled: dict[int, dict[int, str]] = field(default_factory=dict)
    documents: dict[bytes, str] = field(default_factory=dict)

    def of(self, value: Any) -> str:
        """Return the text of one value."""
        return copy_text(value if self.process is None else self.process(value))

    def of_all(self, values: Sequence[Any]) -> Filled:
        """Return how a column is written, and from what."""
        if self.process is None and is_verbatim(values):
            return as_it_is, values
        kinds = set(map(type, values))
        if kinds == {_NONE}:
            return as_it_is, [self.of(None)] * len(values)
        if kinds == {bytes} and self.stores_bytes and self.of(values[0]) == HEXADECIMAL + values[0].hex():
            return _all_hexadecimal, values
        if self.process is None and (kinds <= {int, _NONE} or kinds == {str, _NONE}) and not _repeats(values):
            if int in kinds:
                return whole_numbers if _NONE not in kinds else _whole_numbers_or_null, values
            if is_verbatim([value for value in values if value is not None]):
                return _or_null, values
        if self._may_look_up(kinds):
            return as_it_is, self._looked_up(values)
        return as_it_is, [self.of(value) for value in values]

    def of_scaled(self, cells: Scaled) -> Filled:
        """Return how a column of decimals given as whole numbers is written, and from what."""
        places, values = cells.places, cells.values

        def text(value: int) -> str:
            return self.of(Decimal(f"{value}e-{places}"))  # exact, where scaleb() rounds to 28 digits

        if _repeats(values):
            return as_it_is, _looked_up(values, self.scaled.setdefault(places, {}), text)
        if _is_written_plainly(cells, self.process):
            return partial(_scaled, places), values
        return as_it_is, list(map(text, values))

    def _may_look_up(self, kinds: set[type]) -> bool:
        """Whether equal values have equal texts; not so 0.0 and -0.0, 1 and True, nor decimals of 1.0 and 1.00."""
        if kinds & _UNLIKE:
            return False
        numbers = kinds & {int, bool}
        self.number = self.number or next(iter(numbers), None)
        return numbers <= {self.number}

    def _looked_up(self, values: Sequence[Any]) -> Sequence[str]:
        try:
            return _looked_up(values, self.known, self.of)
        except TypeError:  # a document: neither a dict nor a list has a hash
            places = list(map(id, values))
            texts = {place: self._of_document(each) for place, each in dict(zip(places, values, strict=True)).items()}
            return list(map(texts.__getitem__, places))

    def _of_document(self, value: Any) -> str:
        """Return the text of a document, once for each content: the object may be another the next time."""
        try:
            content = marshal.dumps(value, 2)
        except ValueError:
            return self.of(value)
        if content not in self.documents:
            if len(self.documents) >= _MOST_REMEMBERED:
                self.documents.clear()
            self.documents[content] = self.of(value)
        return self.documents[content]


def as_it_is(texts: Sequence[str]) -> Iterable[str]:
    """Return texts of which nothing has to be made."""
    return texts


def whole_numbers(values: Sequence[int]) -> Iterable[str]:
    """Return the texts of whole numbers; `repr` is called in two thirds of the time of `str`, and of a format."""
    return map(repr, values)


def _whole_numbers_or_null(values: Sequence[int | None]) -> Iterable[str]:
    return [NULL if value is None else repr(value) for value in values]


def _or_null(values: Sequence[str | None]) -> Iterable[str]:
    return [NULL if value is None else value for value in values]


def _scaled(places: int, values: Sequence[int]) -> Iterable[str]:
    exponent = f"e-{places}"
    return [f"{value}{exponent}" for value in values]


def _all_hexadecimal(values: Sequence[bytes]) -> Iterable[str]:
    return [HEXADECIMAL + value.hex() for value in values]


def _looked_up(values: Sequence[Any], known: dict[Any, str], make: Callable[[Any], str]) -> Sequence[str]:
    """Return the texts of values, made for those that are not known yet."""
    try:
        return list(map(known.__getitem__, values))
    except KeyError:
        missing = set(values).difference(known)
    if len(known) + len(missing) > _MOST_REMEMBERED:
        known.clear()
        missing = set(values)
    for value in missing:
        known[value] = make(value)
    return list(map(known.__getitem__, values))


def _repeats(values: Sequence[Any]) -> bool:
    """Whether a column holds few different values beside NULL; told by a sample."""
    sample = [value for value in values[:: len(values) // _SAMPLE + 1] if value is not None]
    try:
        return 4 * len(set(sample)) <= len(sample)
    except TypeError:
        return False


def _is_written_plainly(cells: Scaled, process: BindProcessor | None) -> bool:
    """Whether the column's type stores these decimals as they are; tried on the outermost ones."""
    if process is None or not cells.values:
        return True
    tried = {cells.values[0], cells.values[-1], min(cells.values), max(cells.values)}
    decimals = [Decimal(f"{value}e-{cells.places}") for value in tried]
    return all(isinstance(bound := process(each), Decimal) and bound == each for each in decimals)
