"""A cheap frozen dataclass is in everything the one of the standard library."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from pytest_dbops.core.frozen import frozen


class Parcel:
    """A parcel."""

    number: int
    to: str
    tags: tuple[str, ...] = ()
    parts: list[int] = field(default_factory=list, compare=False)
    note: str = field(default="", compare=False)
    secret: str = field(default="hidden", repr=False)
    label: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"{self.number} to {self.to}")


class Weight:
    """One field."""

    grams: float


class Named:
    """A class that says itself how it is compared and shown."""

    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.name.lower() == other.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())

    def __repr__(self) -> str:
        return f"<{self.name}>"


@frozen
class Kept:
    """Can be found by its name, as pickle wants it."""

    number: int
    tags: tuple[str, ...] = ()


def fresh(plain: type) -> type:
    """Return the class once more: making a dataclass of one changes it."""
    return type(plain.__name__, (), {k: v for k, v in vars(plain).items() if k not in ("__dict__", "__weakref__")})


def standard(plain: type) -> Any:
    """Make a dataclass as the standard library does."""
    return dataclass(frozen=True, slots=True)(fresh(plain))


def ours(plain: type) -> Any:
    """Make a dataclass as we do."""
    return frozen(fresh(plain))


each_kind = pytest.mark.parametrize("made_by", [standard, ours], ids=lambda made_by: made_by.__name__)
Decorator = Callable[[type], Any]


def told(made_by: Decorator, plain: type, *arguments: object, **more: object) -> dict[str, object]:
    """Return all that can be asked of a class and of an instance of it."""
    made = made_by(plain)
    one, same = made(*arguments, **more), made(*arguments, **more)
    return {
        "signature": str(inspect.signature(made)),
        "slots": made.__slots__,
        "match": made.__match_args__,
        "names": [part.name for part in fields(made)],
        "init": made.__init__.__qualname__,
        "text": repr(one),
        "as dict": asdict(one),
        "equal": one == same and hash(one) == hash(same),
        "equal to another class": one == standard(plain)(*arguments, **more),
        "has a dict": hasattr(one, "__dict__"),
        "is a dataclass": is_dataclass(one),
        "copied": repr(copy.deepcopy(one)),
    }


@pytest.mark.parametrize(
    ("plain", "arguments"),
    [(Parcel, (1, "Ada")), (Parcel, (1, "Ada", ("a",), [2], "note", "s")), (Weight, (1.5,)), (Named, ("Ada",))],
)
def test_it_tells_what_the_standard_one_tells(plain: type, arguments: tuple[object, ...]) -> None:
    assert told(ours, plain, *arguments) == told(standard, plain, *arguments)


@each_kind
def test_only_what_is_compared_makes_a_difference(made_by: Decorator) -> None:
    parcel = made_by(Parcel)
    one = parcel(1, "Ada")
    assert one == replace(one, note="other", parts=[1])
    assert hash(one) == hash(replace(one, note="other"))
    assert one != replace(one, secret="other")
    assert replace(one, to="Bob").label == "1 to Bob"


@each_kind
def test_a_list_is_nobody_elses(made_by: Decorator) -> None:
    parcel = made_by(Parcel)
    parcel(1, "Ada").parts.append(1)
    assert parcel(1, "Ada").parts == []


@each_kind
def test_nothing_can_be_set_or_deleted(made_by: Decorator) -> None:
    one = made_by(Weight)(1.5)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'grams'"):
        one.grams = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'grams'"):
        del one.grams
    with pytest.raises((FrozenInstanceError, TypeError)):  # the standard one's super() knows the class without slots
        one.other = 1


def test_it_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(1, ("a",)))) == Kept(1, ("a",))


def test_comparing_is_compiled_once_and_for_classes_below_too() -> None:
    @frozen
    class Above:
        """Two fields."""

        one: int
        other: str

    class Below(Above):
        """The same."""

    first = Above.__eq__
    assert (Below(1, "a") == Below(1, "a"), Below(1, "a") == Below(1, "b"), Below(1, "a") == Above(1, "a")) == (
        True, False, False,
    )  # fmt: skip
    compiled = Above.__eq__
    assert Above(1, "a") == Above(1, "a")
    assert Above.__eq__ is compiled is not first
    assert Below.__eq__ is compiled
