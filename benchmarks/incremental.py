"""After one more revision, warm: pytest-alembic's suite against our whole gate of migrations.

Both are pytest sessions from start to end, of a history of 300 revisions. The peer knows nothing of earlier runs and
walks it all, four tests in turn. Ours finds 299 revisions judged, begins with the kept database that has them, and
rehearses the newest one in full: rows, locks and the release before included. Then it compares models, history and
target, and rehearses what the target lacks, which is that one revision, on a copy of its schema.
Two runs before warm it: one that judges all, and one after a further revision, which keeps the database.

The ratio is the least of four: of CPU and of wall, on PostgreSQL and on SQLite. CPU is that of the clients alone: our
scratch server starts and ends within our session, which is in its wall time. The peer finds its server running.

`most_possible` is the peer against the least that a session with a result a revision and check can cost, whatever it
knows of earlier runs: pytest, the imports of both libraries, and as many tests that do nothing. `most_if_empty` is the
peer against pytest with no test at all.
"""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Timing, print_timings, ratio
from benchmarks.peer import peer_versions
from benchmarks.sessions import PEER_TESTS, Project, made_project
from benchmarks.sides import Place, made_place

NAME = "incremental"
CLAIMS = {"ratio": "pytest-alembic's suite at 300 revisions / our gate of migrations after one more revision, warm"}
_LENGTH = 300
_CHECKS_A_REVISION = 6
_PRODUCTS = ("sqlite", "postgresql")
_ALL = "--dbops-revisions=all"


def run(quick: bool) -> dict[str, Any]:
    """Return the measure and how it was taken."""
    rounds, products = (1, _PRODUCTS[:1]) if quick else (3, _PRODUCTS)
    ratios: dict[str, float] = {}
    most: dict[str, float] = {}
    with made_place() as place:
        for product in products:
            timings = _timings(place, product, rounds)
            print_timings({f"{name}, {product}": timing for name, timing in timings.items()})
            ratios[f"{product}_cpu"] = ratio(timings["peer"].cpu_s(), timings["ours"].cpu_s())
            ratios[f"{product}_wall"] = ratio(timings["peer"].wall_s(), timings["ours"].wall_s())
            for name in ("possible", "if_empty"):
                most[f"{product}_most_{name}"] = ratio(timings["peer"].cpu_s(), timings[name].cpu_s())
    params = {"rounds": rounds, "peer": peer_versions(), "theirs": PEER_TESTS, "ours": "all of migrations"}
    rounded = {name: round(value, 2) for name, value in (ratios | most).items()}
    return {"measures": {"ratio": round(min(ratios.values()), 2)}, "params": {**params, **rounded}}


def _timings(place: Place, product: str, rounds: int) -> dict[str, Timing]:
    """Add a revision each round, and time both sides on what is there then."""
    project = made_project(place.folder / f"incremental-{product}", _LENGTH + rounds - 1)
    first = _LENGTH - 2
    theirs, ours, possible, if_empty = [], [], [], []
    with place.database(product) as url:
        for count in (first, first + 1):
            project.show(count)
            project.deploy(url)
            project.ours(url, (), options=(_ALL,))
        for count in range(_LENGTH, _LENGTH + rounds):
            project.deploy(url)
            project.show(count)
            ours.append(project.ours(url, (), options=(_ALL,)))
            theirs.append(_peer(project, place, product))
            possible.append(project.floor(_CHECKS_A_REVISION * count))
            if_empty.append(project.empty())
    taken = {"peer": theirs, "ours": ours, "possible": possible, "if_empty": if_empty}
    return {name: Timing(tuple(samples)) for name, samples in taken.items()}


def _peer(project: Project, place: Place, product: str) -> Any:
    with place.database(product) as url:
        return project.peer(url)
