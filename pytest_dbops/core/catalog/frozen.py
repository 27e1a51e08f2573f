"""Frozen dataclasses for what a catalog has by the ten thousand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Return `cls` as a frozen, slotted dataclass whose instances are made in half the time.

    The standard library's own `__init__` for a frozen class looks up the setter of every field by name, each time:
    a fifth of reading 5 000 tables. This one keeps the setters. Only for classes without default factories
    and `__post_init__`.
    """
    made = dataclass(frozen=True, slots=True)(cls)
    namespace: dict[str, Any] = {}
    parameters, body = ["self"], []
    for item in fields(made):  # type: ignore[arg-type]  # a dataclass, as the lines above made it
        namespace[f"set_{item.name}"] = made.__dict__[item.name].__set__
        namespace[f"default_{item.name}"] = item.default
        parameters.append(item.name if item.default is MISSING else f"{item.name}=default_{item.name}")
        body.append(f"    set_{item.name}(self, {item.name})\n")
    exec(f"def __init__({', '.join(parameters)}):\n{''.join(body)}", namespace)
    initialize: Callable[..., None] = namespace["__init__"]
    initialize.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__init__ = initialize  # type: ignore[method-assign]  # replaced on purpose
    return made
