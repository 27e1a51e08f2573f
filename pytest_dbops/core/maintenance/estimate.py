"""How long a step will take: its bytes by the rate that earlier runs measured in this database, else by a usual one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from statistics import median

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.tasks import Task
from pytest_dbops.core.threshold import render_bytes

LEAST_BYTES = 1 << 20
"""What worked over less says little of a rate: beginning and end of a statement are most of its time."""

_SHORTEST_S = 0.1


@frozen
class Rates:
    """Bytes a second that each kind of step has made here, one number a run."""

    measured: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def estimate(self, task: Task, size: int) -> tuple[float, str]:
        """Return the seconds a step takes over so many bytes, and how that is known, in a few words."""
        if not task.bytes_a_second:
            return _SHORTEST_S, "it reads and writes next to nothing"
        if not size:
            return _SHORTEST_S, "how big it is is not known, so this may be far off"
        known = self.measured.get(task.name, ())
        rate = median(known) if known else float(task.bytes_a_second)
        runs = f"{len(known)} earlier run{'s' if len(known) > 1 else ''}"
        how = f"as {runs} here made" if known else "a usual rate, none was measured here yet"
        return max(_SHORTEST_S, size / rate), f"{render_bytes(size)} at {render_bytes(rate)} a second, {how}"
