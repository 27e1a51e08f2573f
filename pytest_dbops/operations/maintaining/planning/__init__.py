"""The steps that answer findings, one file a concern; all read one snapshot, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pytest_dbops.core.maintenance.step import Step
from pytest_dbops.operations.maintaining.looking import Seen
from pytest_dbops.operations.maintaining.planning.archives import old_rows_to_archive
from pytest_dbops.operations.maintaining.planning.indexes import (
    bloated_indexes,
    damaged_indexes,
    invalid_indexes,
    missing_indexes,
    sorted_indexes,
)
from pytest_dbops.operations.maintaining.planning.partitions import coming_partitions
from pytest_dbops.operations.maintaining.planning.pool import pool_size
from pytest_dbops.operations.maintaining.planning.sequences import sequences_behind
from pytest_dbops.operations.maintaining.planning.sqlite_file import steps_of_file
from pytest_dbops.operations.maintaining.planning.tables import (
    autovacuum,
    bloated_tables,
    dead_rows,
    old_rows,
    stale_statistics,
)

Planner = Callable[[Seen], Iterable[Step]]

_PLANNERS: dict[str, tuple[Planner, ...]] = {
    "postgresql": (
        invalid_indexes, coming_partitions, dead_rows, old_rows, stale_statistics, bloated_indexes, sequences_behind,
        autovacuum, missing_indexes, sorted_indexes, damaged_indexes, bloated_tables, pool_size,
    ),
    "sqlite": (steps_of_file, missing_indexes),
}  # fmt: skip


def steps_for(seen: Seen) -> Iterator[Step]:
    """Yield the steps that answer what was found in one snapshot, in no order."""
    for planner in (*_PLANNERS[seen.catalog.dialect], old_rows_to_archive):
        yield from planner(seen)
