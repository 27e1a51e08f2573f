"""SED002."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.seed_rehearsal import SeedRehearsal


@check("SED002", category="integrity", severity=Severity.ERROR, cost=Cost.FULL)
def seeds_differ_from_run_to_run(seeds: SeedRehearsal) -> Iterator[Finding]:
    """The same seeds give other rows when they are made once more.

    A test that passes on one machine fails on the next, and nobody can say which rows it saw. The cause is a clock, a
    random number without a seed, a set whose order is chance, or a default of the database that is one of these.

    Take dates from `context.as_of` and random values from `context.draws`, and give every column a value that a
    default would fill with the present moment.
    """
    if seeds.unfit or seeds.failed:
        raise CannotJudge("the seeds cannot be made (see seeder_does_not_fit)")
    for table in seeds.unlike:
        yield Finding(
            table,
            f"two runs of the same seeds fill {table!r} with different rows",
            hint="take dates from context.as_of and random values from context.draws",
        )
