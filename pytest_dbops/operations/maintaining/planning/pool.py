"""Advice on how many sessions a pool should hold."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.maintenance.step import Step, step_for
from pytest_dbops.core.maintenance.tasks import TASKS
from pytest_dbops.operations.maintaining.looking import Seen

_LEAST, _ROOM = 10, 2


def pool_size(seen: Seen) -> Iterator[Step]:
    """Tell how many of the sessions of this moment are at work, and how many a pool needs for that."""
    for finding in seen.of("CON006", "PRF020"):
        clients = [
            row for row in seen.statistics.parts.get("activity", ())
            if row["backend_type"] == "client backend" and row["is_here"] and not row["is_own"]
        ]  # fmt: skip
        at_work = sum(row["state"] not in ("idle", None) for row in clients)
        size = max(_LEAST, _ROOM * at_work)
        yield step_for(
            TASKS["size_pool"], finding, (), rates=seen.rates, rollback="take the pool out of the way",
            note=f"{at_work} of {len(clients)} sessions of this database are at work now: a pool of {size} in "
            f"transaction mode would do (twice those at work, {_LEAST} at least; PgBouncer: default_pool_size)",
        )  # fmt: skip
