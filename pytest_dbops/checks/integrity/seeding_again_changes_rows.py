"""SED003."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.seed_rehearsal import SeedRehearsal


@check("SED003", category="integrity", severity=Severity.ERROR, cost=Cost.FULL)
def seeding_again_changes_rows(seeds: SeedRehearsal) -> Iterator[Finding]:
    """Taking seeds away and making them again does not end where it began.

    `clean` of a seeder leaves rows behind, or takes those of another along, so that `dbops seed all --clean` does not
    give the database that a new one has; or a second run fills what the ledger says is filled.

    Let `clean` remove exactly what the seeder wrote, of the organization it is given.
    """
    if seeds.unfit or seeds.failed:
        raise CannotJudge("the seeds cannot be made (see seeder_does_not_fit)")
    for line in seeds.again:
        yield Finding(line.partition(":")[0], line, hint="let `clean` remove exactly what its seeder wrote")
