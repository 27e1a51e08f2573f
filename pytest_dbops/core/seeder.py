"""Seeders: registered functions that fill tables, with what they need, what they touch and how they are undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, Protocol

from pytest_dbops.core.draws import Draws
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.seed_request import Scale
from pytest_dbops.core.seeded import Key

Scope = Literal["database", "organization"]


@frozen
class Scaled:
    """A column of decimals as whole numbers: cents are `Scaled(cents, 2)`."""

    values: Sequence[int]
    places: int


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

    @property
    def scale(self) -> Scale:
        """How much is wanted: the size's name, and counts of organizations, customers and invoices."""

    @property
    def organization(self) -> int:
        """The number of the organization to fill, from 1; 0 for a seeder of the whole database."""

    def draws(self, table: str, block: int = 0) -> Draws:
        """Return the random values of one block of rows of a table, the same wherever and whenever it is asked for."""

    def pool(self, provider: str, locale: str = "en_US", size: int = 512) -> Sequence[str]:
        """Return `size` values of a Faker provider (`name`, `city`), the same in every run and for every seed."""

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> int:
        """Insert `rows` (column name to Python value) into `table`; returns how many."""

    def load(self, table: str, columns: Mapping[str, object]) -> int:
        """Insert one block of rows given by column, the fast way; returns how many.

        columns: name to a list, tuple or range of Python values, to `Scaled`, or to one value that all rows have.
        """

    def delete(self, table: str, **equal: object) -> int:
        """Delete the rows of `table` whose columns equal the given values; returns how many."""

    def note(self, kind: str, keys: Iterable[Key]) -> None:
        """Tell which keys were made, so that fixtures can hand them out: `note("customers", ids)`."""


SeedFunction = Callable[[SeedContext], None]


@frozen
class Seeder:
    """One seeder: a name, the tables it fills, the seeders it needs first, and a version of its rows.

    scope: `database` runs once, `organization` once for each. clean: takes its rows away again, None if it cannot.
    is_reference: its rows are facts that every environment has, production too.
    """

    name: str
    tables: tuple[str, ...]
    depends_on: tuple[str, ...]
    version: int
    fill: SeedFunction
    description: str = ""
    scope: Scope = "database"
    clean: SeedFunction | None = None
    is_reference: bool = False


def seeder(
    name: str,
    *,
    tables: Sequence[str],
    depends_on: Sequence[str] = (),
    version: int = 1,
    scope: Scope = "database",
    clean: SeedFunction | None = None,
    is_reference: bool = False,
) -> Callable[[SeedFunction], Seeder]:
    """Make a function a seeder.

    name: unique in the project; tables: what it fills, in the order it fills them; depends_on: names of
    seeders that must have run; version: raise it when the rows change, so that a filled database is known
    to be out of date; scope: `organization` calls it once for each organization; clean: undoes it;
    is_reference: facts of the world, which belong into every environment.
    """
    if scope not in ("database", "organization"):
        raise ConfigError(f"seeder {name!r}: scope {scope!r} is unknown (one of 'database', 'organization')")

    def register(function: SeedFunction) -> Seeder:
        first_line = (function.__doc__ or "").strip().partition("\n")[0]
        return Seeder(
            name, tuple(tables), tuple(depends_on), version, function, first_line, scope, clean, is_reference
        )  # fmt: skip

    return register
