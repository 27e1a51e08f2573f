"""Thresholds with a unit, as people write them: `"80 GB"`, `"5 min"`, `"20 %"`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?)\s*([A-Za-z%]*)")
_BYTES = {"bytes": 1.0, "B": 1.0, "kB": 2.0**10, "MB": 2.0**20, "GB": 2.0**30, "TB": 2.0**40}
_SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}

_UNITS: Mapping[str, tuple[float, Mapping[str, float], str]] = MappingProxyType(
    {
        "bytes": (1.0, _BYTES, "10 GB"),
        "ms": (1e-3, _SECONDS, "250 ms"),
        "s": (1.0, _SECONDS, "5 min"),
        "hours": (3_600.0, _SECONDS, "26 h"),
        "days": (86_400.0, _SECONDS, "14 d"),
        "percent": (1.0, {"%": 1.0}, "20 %"),
    }
)
"""By what the name of a threshold ends with: the size of its unit, the units it may be written in, an example."""


class WrongUnit(ValueError):
    """Raised for a text that is no quantity of the kind its threshold wants; says what is needed."""


def is_quantity(name: str) -> bool:
    """Tell whether a threshold has a unit, which its name ends with."""
    return _unit(name) in _UNITS


def parse_quantity(name: str, text: str) -> float:
    """Return a quantity in the unit that the threshold's name ends with; bytes count in units of 1024."""
    own, units, example = _UNITS[_unit(name)]
    found = _NUMBER.fullmatch(text.strip())
    size = units.get(found[2]) if found else None
    if found is None or size is None:
        raise WrongUnit(f"a number, or one with a unit ({', '.join(units)}), is needed, as in {example!r}")
    number = float(found[1].replace("_", "")) * size / own
    return int(number) if number.is_integer() else number


def is_measurable(value: float) -> bool:
    """Tell whether a number can be a limit: nothing reaches one that is not a number, or less than nothing."""
    return not math.isnan(value) and value >= 0


def _unit(name: str) -> str:
    return name.rpartition("_")[2]
