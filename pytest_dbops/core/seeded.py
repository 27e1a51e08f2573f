"""What seeders left behind: one organization's keys, and what became of each seeder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from pytest_dbops.core.frozen import frozen

Key = int | str
Keys = tuple[Key, ...]

MOST_KEYS = 1000
"""How many keys of one kind are kept of one organization; a handle is for tests, not for a load."""


@frozen
class SeededOrganization:
    """The primary keys of what was seeded for one organization, ascending, at most `MOST_KEYS` of a kind.

    keys: all kinds that seeders noted, by kind; also those a project has beside the named ones.
    """

    id: int
    users: Keys = ()
    customers: Keys = ()
    quotes: Keys = ()
    invoices: Keys = ()
    payments: Keys = ()
    projects: Keys = ()
    keys: Mapping[str, Keys] = field(default_factory=lambda: MappingProxyType({}))


@frozen
class SeederResult:
    """What one seeder did in all organizations that were asked for.

    created: rows by table; removed: rows that were cleaned before. skipped: organizations it was current in already.
    """

    name: str
    created: Mapping[str, int]
    removed: int
    skipped: int
    seconds: float

    @property
    def rows(self) -> int:
        """All rows it made."""
        return sum(self.created.values())


@frozen
class SeedReport:
    """What became of every seeder, in the order they ran."""

    results: tuple[SeederResult, ...]

    @property
    def rows(self) -> int:
        """All rows that were made."""
        return sum(result.rows for result in self.results)
