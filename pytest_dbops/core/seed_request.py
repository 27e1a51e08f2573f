"""How much is to be seeded: the sizes that have names, and one request for rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType

from pytest_dbops.core.errors import ConfigError, UsageError
from pytest_dbops.core.frozen import frozen

AS_OF = date(2026, 1, 15)
"""The day seeded dates count from; fixed, so that a database built next year holds the same rows."""


@frozen
class Scale:
    """How many organizations there are, and how many customers and invoices each of them has at most."""

    name: str
    organizations: int
    customers: int
    invoices: int


MINIMAL = Scale("minimal", organizations=1, customers=5, invoices=14)
SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "minimal": MINIMAL,
        "demo": Scale("demo", organizations=4, customers=20, invoices=60),
        "load": Scale("load", organizations=20, customers=250, invoices=5000),
    }
)


@frozen
class SeedRequest:
    """What is to be seeded; `dataclasses.asdict` of it is JSON.

    size: a name of `SCALES`. organizations: which, by number from 1; empty means all the size has.
    seed: the integer that makes random rows reproducible. customers: of each organization, instead of the size's.
    count: how many organizations there are, instead of the size's.
    """

    size: str = "minimal"
    organizations: tuple[int, ...] = ()
    seed: int = 1
    customers: int | None = None
    count: int | None = None

    @property
    def scale(self) -> Scale:
        """The size in numbers; raises UsageError for one without meaning."""
        scale = scale_named(self.size)
        if self.customers is not None:
            scale = replace(scale, customers=_positive(self.customers, "customers"))
        if self.count is not None:
            scale = replace(scale, organizations=_positive(self.count, "organizations"))
        return scale

    @property
    def wanted(self) -> tuple[int, ...]:
        """The numbers of the organizations to seed, ascending."""
        chosen = self.organizations or range(1, self.scale.organizations + 1)
        return tuple(sorted({_positive(number, "an organization's number") for number in chosen}))


def scale_named(name: str) -> Scale:
    """Return a size by its name; raises UsageError that lists the sizes."""
    if name not in SCALES:
        near = get_close_matches(name, SCALES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"there is no seed size {name!r} (one of {', '.join(SCALES)}){hint}")
    return SCALES[name]


def _positive(number: int, what: str) -> int:
    if not 1 <= number <= 1_000_000:
        raise ConfigError(f"{what}: {number} is outside of 1 to 1000000")
    return number
