"""Every revision up, down and up again: pytest-alembic's `up_down_consistency` against our walk.

The peer goes up the whole history a revision at a time, down it and up again, and looks at nothing but whether a step
runs. `bare` is our walk with no more than that: it runs the same three steps of each revision, and proves each version
row beside. `full` is the walk of a gate: the catalog read after every step and compared, rows made in every table and
read before and after, what is lost of them charged, locks and rewrites observed, the statements of the release before
run on the new schema. Both load the history within the time; what they import is loaded before.

A ratio is of CPU, client and server together, and the worst of all lengths. SQLite is in memory for the peer, as it is
by itself, and a file on a memory file system for us.

`most_possible` is the peer against alembic alone, which runs the same steps and looks at nothing (`floor_side`): no
walk that leaves the steps to alembic, as both sides do, can pass it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.measure import Timed, Timing, interleaved, print_timings, ratio
from benchmarks.peer import peer_versions
from benchmarks.sides import Place, made_place

NAME = "roundtrip"
CLAIMS = {
    "pg_bare": "pytest-alembic's up_down_consistency / our walk without any comparison, PostgreSQL",
    "sqlite_bare": "the same on SQLite",
    "pg_full": "pytest-alembic's up_down_consistency / our whole walk, PostgreSQL",
    "sqlite_full": "the same on SQLite",
}
_PRODUCTS = {"pg": "postgresql", "sqlite": "sqlite"}


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and how they were taken."""
    lengths, rounds = ((100,), 3) if quick else ((100, 300), 5)
    found: dict[str, float] = {}
    client: dict[str, float] = {}
    most: dict[str, float] = {}
    with made_place() as place:
        for length in lengths:
            for short, product in _PRODUCTS.items():
                timings = interleaved(_candidates(place, product, length), rounds=rounds, warmups=0)
                print_timings({f"{name}, {short} {length}": timing for name, timing in timings.items()})
                for how in ("bare", "full"):
                    client[f"{short}_{how}_{length}"] = round(ratio(timings["peer"].cpu_s(), timings[how].cpu_s()), 3)
                    value = ratio(_total(timings["peer"]), _total(timings[how]))
                    found[f"{short}_{how}"] = min(found.get(f"{short}_{how}", value), value)
                most[f"{short}_{length}"] = round(ratio(_total(timings["peer"]), _total(timings["alembic"])), 3)
    return {
        "measures": {name: round(value, 3) for name, value in found.items()},
        "params": {
            "rounds": rounds, "lengths": lengths, "peer": peer_versions(), "client_cpu": client, "most_possible": most,
        },
    }  # fmt: skip


def _candidates(place: Place, product: str, length: int) -> dict[str, Timed]:
    return {
        "peer": partial(place.peer, product, length, "up_down_consistency"),
        "bare": partial(place.ours, product, length, "bare"),
        "full": partial(place.ours, product, length, "full"),
        "alembic": partial(place.alembic_alone, product, length),
    }


def _total(timing: Timing) -> list[float]:
    return [sample.total_cpu_s for sample in timing.samples]
