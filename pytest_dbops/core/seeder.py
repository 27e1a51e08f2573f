"""Seeders: registered functions that fill tables, with what they need and what they touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


class SeedContext(Protocol):
    """What a seeder is given: one open transaction and the facts that make its rows reproducible."""

    @property
    def connection(self) -> Any:
        """The SQLAlchemy `Connection`, inside the transaction that will hold all rows of this seeder."""

    @property
    def metadata(self) -> Any:
        """The project's SQLAlchemy `MetaData`."""

    @property
    def dialect(self) -> str:
        """`postgresql` or `sqlite`."""

    @property
    def seed(self) -> int:
        """The integer that makes random rows reproducible."""

    @property
    def as_of(self) -> date:
        """The day all dates count from; never the wall clock."""

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> int:
        """Insert `rows` (column name to Python value) into `table`; returns how many."""


SeedFunction = Callable[[SeedContext], None]


@dataclass(frozen=True, slots=True)
class Seeder:
    """One seeder: a name, the tables it fills, the seeders it needs first, and a version of its rows."""

    name: str
    tables: tuple[str, ...]
    depends_on: tuple[str, ...]
    version: int
    fill: SeedFunction
    description: str = ""


def seeder(
    name: str, *, tables: Sequence[str], depends_on: Sequence[str] = (), version: int = 1
) -> Callable[[SeedFunction], Seeder]:
    """Make a function a seeder.

    name: unique in the project; tables: what it fills, in the order it fills them; depends_on: names of
    seeders that must have run; version: raise it when the rows change, so that a filled database is known
    to be out of date.
    """

    def register(function: SeedFunction) -> Seeder:
        first_line = (function.__doc__ or "").strip().partition("\n")[0]
        return Seeder(name, tuple(tables), tuple(depends_on), version, function, first_line)

    return register
