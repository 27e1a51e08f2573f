"""The same questions of a whole history: pytest-alembic's four default tests against our checks that answer them.

Both are pytest sessions from start to end. The peer asks for a single head, upgrades a revision at a time, compares
the models with what that made by autogenerate, and goes up, down and up again, looking at whether it runs. Ours asks
`single_head`; `applies`, `reverses` and `reapplies` of each revision, which compare whole catalogs after every step;
and `model_drift`, which compares catalogs too. A ratio is of CPU, client and server together.

`most_possible` is the peer against the least that a session with a result a revision and check can cost: pytest, the
imports of both libraries, as many tests that do nothing, and alembic alone running the steps.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.measure import interleaved, print_timings, ratio
from benchmarks.peer import peer_versions
from benchmarks.sessions import PEER_TESTS, Project, made_project
from benchmarks.sides import Place, made_place

NAME = "suite"
CLAIMS = {
    "pg": "pytest-alembic's default tests / ours that answer the same questions, PostgreSQL",
    "sqlite": "the same on SQLite",
}
CHECKS = ("applies", "reverses", "reapplies", "single_head", "model_drift")
_PRODUCTS = {"pg": "postgresql", "sqlite": "sqlite"}


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and how they were taken."""
    length, rounds = (100, 1) if quick else (300, 3)
    measures, most = {}, {}
    with made_place() as place:
        project = made_project(place.folder / "project", length)
        for short, product in _PRODUCTS.items():
            timings = interleaved(
                {
                    "peer": partial(_peer, project, place, product),
                    "ours": partial(_ours, project, place, product),
                    "floor": partial(_floor, project, place, product),
                },
                rounds=rounds,
                warmups=0,
            )
            print_timings({f"{name}, {short}": timing for name, timing in timings.items()})
            totals = {name: [sample.total_cpu_s for sample in timing.samples] for name, timing in timings.items()}
            measures[short] = round(ratio(totals["peer"], totals["ours"]), 3)
            most[short] = round(ratio(totals["peer"], totals["floor"]), 3)
    params = {
        "rounds": rounds, "revisions": length, "peer": peer_versions(), "theirs": PEER_TESTS, "ours": CHECKS,
        "most_possible": most,
    }  # fmt: skip
    return {"measures": measures, "params": params}


def _peer(project: Project, place: Place, product: str) -> Any:
    with place.database(product) as url:
        return project.peer(url, server_pid=_pid(place, product))


def _ours(project: Project, place: Place, product: str) -> Any:
    with place.database(product) as url:
        shadow = place.server.admin_url if product == "postgresql" else ""
        options = ("--dbops-fresh", "--dbops-revisions=all")
        return project.ours(url, CHECKS, options=options, shadow=shadow, server_pid=_pid(place, product))


def _floor(project: Project, place: Place, product: str) -> Any:
    items = 3 * project.length + 2
    with place.database(product) as url:
        return project.floor(items, url=url, server_pid=_pid(place, product))


def _pid(place: Place, product: str) -> int | None:
    return place.server_pid if product == "postgresql" else None
