"""What the walk costs beyond its own DDL: our bare walk against `psql` and `sqlite3` replaying that DDL from a file.

The file holds each revision's DDL up, down and up again, each in a transaction of its own as it would be deployed, and
the row of the version table. The clients start, read the file and send it; ours loads the history, runs env.py and
steps through it, Python being started and its libraries imported. The greater of CPU (client and server) and wall.
`least_possible` is the same of alembic alone, which runs the steps and looks at nothing.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.histories import revision_id, steps
from benchmarks.measure import Sample, Timing, interleaved, print_timings, ratio, timed_command
from benchmarks.sides import Place, made_place

NAME = "replay"
CLAIMS = {
    "pg": "our walk without any comparison / psql replaying the same DDL, the greater of total CPU and wall",
    "sqlite": "our walk without any comparison / sqlite3 replaying the same DDL, the greater of CPU and wall",
}
_PRODUCTS = {"pg": "postgresql", "sqlite": "sqlite"}


def run(quick: bool) -> dict[str, Any]:
    """Return the measures and how they were taken."""
    length, rounds = (100, 5) if quick else (300, 7)
    measures, least = {}, {}
    with made_place() as place:
        file = _script(place.folder / "replay.sql", length)
        for short, product in _PRODUCTS.items():
            timings = interleaved(
                {
                    "replay": partial(_replay, place, product, file),
                    "walk": partial(place.ours, product, length, "bare"),
                    "alembic": partial(place.alembic_alone, product, length),
                },
                rounds=rounds,
            )
            print_timings({f"{name}, {short}": timing for name, timing in timings.items()})
            measures[short] = round(_greater(timings["walk"], timings["replay"]), 3)
            least[short] = round(_greater(timings["alembic"], timings["replay"]), 3)
    return {"measures": measures, "params": {"rounds": rounds, "revisions": length, "least_possible": least}}


def _script(file: Path, length: int) -> Path:
    lines = ["CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"]
    for number, step in enumerate(steps(length), start=1):
        before = f"'{revision_id(number - 1)}'" if number > 1 else ""
        up = f"UPDATE alembic_version SET version_num = '{revision_id(number)}' WHERE version_num = {before};"
        first = f"INSERT INTO alembic_version VALUES ('{revision_id(number)}');"
        down = f"UPDATE alembic_version SET version_num = {before} WHERE version_num = '{revision_id(number)}';"
        last = "DELETE FROM alembic_version;"
        upgrade = ["BEGIN;", f"{step.upgrade_sql};", up if before else first, "COMMIT;"]
        lines += [*upgrade, "BEGIN;", f"{step.downgrade_sql};", down if before else last, "COMMIT;", *upgrade]
    file.write_text("\n".join(lines))
    return file


def _replay(place: Place, product: str, file: Path) -> Sample:
    with place.database(product) as url:
        if product == "sqlite":
            client = _client("sqlite3")
            return timed_command([client, "-bail", url.removeprefix("sqlite:///"), f".read {file}"])
        command = [_client("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(file)]
        return timed_command(command, server_pid=place.server_pid)


def _client(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"no {name} on the PATH (install it)")
    return found


def _greater(ours: Timing, theirs: Timing) -> float:
    cpu = ratio([each.total_cpu_s for each in ours.samples], [each.total_cpu_s for each in theirs.samples])
    return max(cpu, ratio(ours.wall_s(), theirs.wall_s()))
