"""Whether a downgrade leaves a trace: pytest-alembic's `downgrade_leaves_no_trace` against our `reverses`.

The peer reflects the schema and renders two autogenerations a revision, and compares their texts. Ours is the walk that
`reverses` asks for: up, down, the catalog read after both and compared, checks, expressions, triggers and views
included. On SQLite, in memory for the peer, and in a file on a memory file system for us.

To go on, the peer runs each upgrade again, and so does alembic alone, which looks at nothing: `alembic_alone` is the
peer against that. Ours has the file put back as it was before the downgrade. `with_reapplies` is the peer against our
walk with the second upgrade, as it is where `reapplies` is asked for too.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.measure import interleaved, print_timings, ratio
from benchmarks.peer import peer_versions
from benchmarks.sides import made_place

NAME = "traceless"
CLAIMS = {"sqlite_100": "pytest-alembic's downgrade_leaves_no_trace / our reverses, CPU, 100 revisions on SQLite"}
_LENGTH = 100


def run(quick: bool) -> dict[str, Any]:
    """Return the measure and how it was taken."""
    rounds = 1 if quick else 3
    with made_place() as place:
        timings = interleaved(
            {
                "leaves_no_trace": partial(place.peer, "sqlite", _LENGTH, "downgrade_leaves_no_trace"),
                "reverses": partial(place.ours, "sqlite", _LENGTH, "reverses"),
                "with_reapplies": partial(place.ours, "sqlite", _LENGTH, "schemas"),
                "alembic": partial(place.alembic_alone, "sqlite", _LENGTH),
            },
            rounds=rounds,
            warmups=0,
        )
    print_timings(timings)
    value = ratio(timings["leaves_no_trace"].cpu_s(), timings["reverses"].cpu_s())
    others = {
        name: round(ratio(timings["leaves_no_trace"].cpu_s(), timings[candidate].cpu_s()), 2)
        for name, candidate in (("alembic_alone", "alembic"), ("with_reapplies", "with_reapplies"))
    }
    params = {"rounds": rounds, "peer": peer_versions(), **others}
    return {"measures": {"sqlite_100": round(value, 2)}, "params": params}
