"""SED001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.seed_rehearsal import SeedRehearsal


@check("SED001", category="integrity", severity=Severity.ERROR, cost=Cost.FULL)
def seeder_does_not_fit(seeds: SeedRehearsal) -> Iterator[Finding]:
    """A seeder does not fit the schema that the migrations make, or fails on it.

    Whoever sets up the project anew then gets no data, and finds out after the migrations have run. The schema is made
    on a scratch database; seeders are held against it, and run at the least size.

    Bring the seeder to the schema: what it fills, and with which columns.
    """
    for line in seeds.unfit:
        yield Finding(f"seeds[{line.partition(':')[0]}]", line, hint="dbops seed validate")
    if seeds.failed:
        yield Finding("seeds", seeds.failed, hint="dbops seed all --env development")
