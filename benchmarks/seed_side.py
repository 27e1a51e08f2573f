"""One side of the benchmark of seeds: a process of its own that fills a database and says what memory it took.

`python -m benchmarks.seed_side URL ORGANIZATIONS` makes the reference application's tables from its models, runs all of
its seeders at the size `load` for so many organizations, and prints JSON. Twenty are more than a million rows.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.seeding.find import load_seeders
from pytest_dbops.seeding.run import seed_database

_ROOT = Path(__file__).resolve().parents[1]


def main(url: str, organizations: str) -> None:
    """Fill, and print rows, seconds, and megabytes of memory: before, and at most."""
    from sqlalchemy import create_engine

    from accounting.models import metadata

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    metadata.create_all(engine)
    engine.dispose()
    before_mb, begun = _peak_mb(), time.perf_counter()
    request = SeedRequest("load", count=int(organizations))
    report = seed_database(url, metadata, load_seeders(_ROOT / "seeds"), request)
    told = {"rows": sum(result.rows for result in report.results), "s": round(time.perf_counter() - begun, 1)}
    print(json.dumps({**told, "before_mb": before_mb, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    """Return the most this program held; getrusage(2) would also tell of what was there before it was started."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
