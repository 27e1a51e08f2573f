"""Frozen, slotted dataclasses that are cheap: to define, for every command defines hundreds, and to make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_METHODS = ("__init__", "__eq__", "__hash__", "__repr__", "__setattr__", "__delattr__", "__getstate__", "__setstate__")


class _Factory:
    """Stands in a signature for a default that is made anew each time."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Return `cls` as the standard library's `dataclass(frozen=True, slots=True)` does, at a third of the price.

    It compiles six methods a class; here one is, and another when two objects are first compared. Its `__init__` looks
    up the setter of every field by name, each time; this one keeps the setters. Everything else (`replace`, `fields`,
    `asdict`, matching) is the standard library's.
    For classes with fields to compare, none of them keyword-only or `InitVar`, and without a dataclass for a parent;
    a field with `init=False` is set by `__post_init__`.
    """
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    parts, own = fields(made), vars(cls)
    compared = attrgetter(*(part.name for part in parts if part.compare))
    methods = {
        "__init__": _initializer(made, parts),
        "__eq__": _comparer(made, [part.name for part in parts if part.compare]),
        "__hash__": lambda self: hash(compared(self)),
        "__repr__": _text(tuple(part.name for part in parts if part.repr)),
        "__setattr__": _refuse_assignment,
        "__delattr__": _refuse_deletion,
        "__getstate__": _state_of,
        "__setstate__": _take_state,
    }
    for name in _METHODS:
        if own.get(name) is None:
            setattr(made, name, methods[name])
    return made  # type: ignore[no-any-return]  # the class that was given, with slots


def _initializer(made: Any, parts: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Return `__init__`; its text is made of field names only."""
    namespace: dict[str, Any] = {"FACTORY": _FACTORY}
    parameters, body = ["self"], []
    for part in parts:
        name = value = part.name
        namespace[f"set_{name}"] = made.__dict__[name].__set__
        if part.default_factory is not MISSING:
            namespace[f"make_{name}"] = part.default_factory
            parameter, value = f"{name}=FACTORY", f"make_{name}() if {name} is FACTORY else {name}"
        elif part.default is not MISSING:
            namespace[f"default_{name}"] = part.default
            parameter = f"{name}=default_{name}"
        else:
            parameter = name
        if part.init:
            parameters.append(parameter)
            body.append(f"    set_{name}(self, {value})\n")
    if hasattr(made, "__post_init__"):
        body.append("    self.__post_init__()\n")
    exec(f"def __init__({', '.join(parameters)}):\n{''.join(body)}", namespace)
    initialize: Callable[..., None] = namespace["__init__"]
    initialize.__annotations__ = {part.name: part.type for part in parts if part.init} | {"return": None}
    initialize.__qualname__ = f"{made.__qualname__}.__init__"
    return initialize


def _comparer(made: Any, names: Sequence[str]) -> Callable[[Any, object], Any]:
    """Return `__eq__`, which is compiled when it is first asked, as that of most classes never is."""

    def __eq__(self: Any, other: object) -> Any:
        mine, others = ("".join(f"{who}.{name}," for name in names) for who in ("self", "other"))
        namespace: dict[str, Any] = {}
        exec(
            f"def __eq__(self, other):\n"
            f"    return ({mine}) == ({others}) if other.__class__ is self.__class__ else NotImplemented\n",
            namespace,
        )
        made.__eq__ = namespace["__eq__"]
        return made.__eq__(self, other)

    return __eq__


def _text(names: tuple[str, ...]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:
        return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _refuse_assignment(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state_of(self: Any) -> list[Any]:
    return [getattr(self, part.name) for part in fields(self)]


def _take_state(self: Any, state: list[Any]) -> None:
    for part, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, part.name, value)
