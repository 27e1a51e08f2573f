"""What the ledger says of each seeder: filled as it is now, of another version, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_dbops.core.seed_request import AS_OF, SeedRequest
from pytest_dbops.core.seeder import Seeder
from pytest_dbops.seeding.ledger import Filled, read_ledger
from pytest_dbops.seeding.run import organizations_of, stamp_of

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Planned:
    """One seeder of a plan: how many organizations it would fill, pass over, or find other rows of."""

    seeder: str
    fill: int
    current: int
    other: int


@dataclass(frozen=True, slots=True)
class SeederStanding:
    """One seeder as the ledger has it; versions are those of the rows that are there."""

    seeder: str
    version: int
    organizations: tuple[int, ...]
    versions: tuple[int, ...]
    seeds: tuple[int, ...]
    rows: int
    at: str

    @property
    def is_current(self) -> bool:
        """Whether it has filled anything, and only with rows of its version."""
        return set(self.versions) == {self.version}


def plan_of(engine: Engine, seeders: Sequence[Seeder], request: SeedRequest) -> tuple[Planned, ...]:
    """Return what a run would do, in its order; reads the ledger only."""
    with engine.connect() as connection:
        known = read_ledger(connection)
    planned = []
    for seeder in seeders:
        stamp = stamp_of(seeder, request.scale, request.seed, AS_OF)
        there = [known.get((seeder.name, number)) for number in organizations_of(seeder, request.wanted)]
        current = sum(each is not None and each.stamp == stamp for each in there)
        missing = sum(each is None for each in there)
        planned.append(Planned(seeder.name, missing, current, len(there) - current - missing))
    return tuple(planned)


def standing_of(engine: Engine, seeders: Sequence[Seeder]) -> tuple[SeederStanding, ...]:
    """Return the standing of each seeder of the project, and of each that only the ledger still knows."""
    with engine.connect() as connection:
        known = read_ledger(connection)
    versions = {seeder.name: seeder.version for seeder in seeders}
    gone = sorted({name for name, _ in known}.difference(versions))
    return tuple(_standing(name, versions.get(name, 0), known) for name in (*versions, *gone))


def _standing(name: str, version: int, known: dict[tuple[str, int], Filled]) -> SeederStanding:
    there = [filled for (seeder, _), filled in sorted(known.items()) if seeder == name]
    return SeederStanding(
        name, version, tuple(each.organization for each in there), tuple(sorted({each.version for each in there})),
        tuple(sorted({each.seed for each in there})), sum(each.rows for each in there),
        max((each.at for each in there), default=""),
    )  # fmt: skip
