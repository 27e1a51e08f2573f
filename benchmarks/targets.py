"""What each measure must reach: the one table of targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Bound(StrEnum):
    """From which side a target bounds a measure."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on one measure."""

    bound: Bound
    limit: float

    def is_met(self, value: float) -> bool:
        """Tell whether a measured value keeps the bound; what is not a number keeps none."""
        return value <= self.limit if self.bound is Bound.AT_MOST else value >= self.limit

    def __str__(self) -> str:
        return f"{self.bound} {self.limit:g}"


def _at_most(limit: float) -> Target:
    return Target(Bound.AT_MOST, limit)


def _at_least(limit: float) -> Target:
    return Target(Bound.AT_LEAST, limit)


TARGETS: Mapping[str, Mapping[str, Target]] = {
    "idle": {"cpu_ratio": _at_most(1.05)},
    "collect": {"ratio": _at_most(1.5)},
    "catalog": {"statements": _at_most(14), "ratio_100": _at_most(0.5), "ratio_5000": _at_most(0.5)},
    "junit": {"vs_elementtree": _at_most(2.6), "vs_junit_xml": _at_most(0.35)},
    "forecast": {"within": _at_least(0.75), "error": _at_most(1.5)},
    "roundtrip": {
        "pg_bare": _at_least(3),
        "sqlite_bare": _at_least(3),
        "pg_full": _at_least(1.8),
        "sqlite_full": _at_least(1.8),
    },
    "suite": {"pg": _at_least(4), "sqlite": _at_least(4)},
    "traceless": {"sqlite_100": _at_least(20)},
    "replay": {"pg": _at_most(2), "sqlite": _at_most(5)},
    "incremental": {"ratio": _at_least(30)},
    "isolation": {
        "session_vs_recipe": _at_most(1.3),
        "session_vs_peer": _at_least(35),
        "database_vs_peer_0ms": _at_least(10),
        "database_vs_peer_50ms": _at_least(10),
    },
    "template": {"start_vs_peer": _at_least(4), "migrations_second_session": _at_most(0)},
    "seed": {"live_vs_copy": _at_least(0.80), "constrain_vs_copy": _at_least(1.80)},
    "audit": {"trail_vs_update_full_pages": _at_most(3.5), "trail_vs_row_trigger": _at_most(1)},
    "seed_orm": {"vs_core_executemany": _at_least(5), "vs_factory_boy": _at_least(80)},
    "decrypt": {"ratio": _at_least(0.55)},
    "validate": {"two_processes": _at_least(1.6), "divided": _at_least(1.7), "memory": _at_most(1.5)},
    "rotate": {"vs_update": _at_least(0.30), "vs_executemany": _at_least(3)},
    "health": {"ratio_100": _at_most(2), "ratio_5000": _at_most(2), "round_trips": _at_most(14)},
    "backup": {"wall": _at_most(0.42), "size": _at_most(0.72)},
}
