"""The process that migrates and fills a database of ours (see `confined.py`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.codec import from_json
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.migrating.baseline import apply_baseline
from pytest_dbops.migrating.upgrade import upgrade_to_heads
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.operations.audit.building import install_trail, seal_trail
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.imported import imported_files, imported_libraries
from pytest_dbops.operations.project_metadata import load_metadata
from pytest_dbops.seeding.find import load_seeders
from pytest_dbops.seeding.run import seed_database


def main() -> int:
    """Build as asked on standard input; the last line is `{"done": ...}` or `{"error": ...}`."""
    return run_confined(build, "the database cannot be built")


def build(order: dict[str, Any], root: Path, say: Say) -> dict[str, list[str]]:
    """Put the baseline in, migrate to the heads and run the seeders; returns what the database was made of."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    def progress(text: str) -> None:
        say({"progress": text})

    engine = create_engine(own_url(order["url"]), poolclass=NullPool)
    heads: tuple[str, ...] = ()
    read: tuple[Path, ...] = ()
    if order["baseline"]:
        progress(f"putting in the baseline {order['baseline']}")
        with engine.begin() as connection:
            apply_baseline(connection, order["baseline"], root)
    if order["migrations"]:
        upgraded = upgrade_to_heads(
            root / order["migrations"], order["url"], root=root, progress=progress,
            baseline_before=order["first_revision"] if order["baseline"] else "",
        )  # fmt: skip
        heads, read = upgraded.heads, upgraded.read
    elif order["creates_tables"] and order["metadata"] and not order["baseline"]:
        progress(f"creating the tables of {order['metadata']}")
        with engine.begin() as connection:
            load_metadata(order["metadata"]).create_all(connection)
    if order["audit"]:
        install_trail(order["url"], engine.dialect.name, from_json(AuditRules, order["audit"]), progress=progress)
    if order["seeders"]:
        seeders = load_seeders(root / order["seeders"])
        request = SeedRequest(**{**order["seeding"], "organizations": tuple(order["seeding"]["organizations"])})
        seed_database(engine, load_metadata(order["metadata"]), seeders, request, progress=progress)
    if order["audit"]:
        seal_trail(order["url"], engine.dialect.name, progress=progress)
    return {
        "heads": list(heads),
        "read": [os.path.relpath(place, root) for place in read],
        "files": imported_files(root),
        "libraries": imported_libraries(),
    }


if __name__ == "__main__":
    sys.exit(main())
