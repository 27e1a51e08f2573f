"""The process that takes revisions back on a scratch database of ours, to see what is lost (see `confined.py`)."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pytest_dbops.migrating.deploying.losing import emptied, look_at
from pytest_dbops.migrating.deploying.run import DeployOrder, deploy_revisions
from pytest_dbops.operations.confined import Say, run_confined
from pytest_dbops.operations.deploying.deploy_child import Saying, reader_for


def main() -> int:
    """Take back what is asked for on standard input; the answer is what is lost by it."""
    return run_confined(rehearse, "the rollback cannot be rehearsed")


def rehearse(order: dict[str, Any], root: Path, say: Say) -> dict[str, object]:
    """Put in what is applied, fill it where that is wanted, take revisions back, and compare."""
    url, read, fills = str(order["url"]), reader_for(str(order["url"])), bool(order["fills"])
    up = DeployOrder(
        location=root / order["migrations"], url=url, root=root, planned=order["applied"], is_downgrade=False,
        deploy="rehearsal", actor="rehearsal",
    )  # fmt: skip
    deploy_revisions(up, read, Saying(say))
    before = look_at(url, read, fills=fills, has_rows=fills)
    deploy_revisions(replace(up, planned=order["planned"], is_downgrade=True), read, Saying(say))
    after = look_at(url, read, has_rows=fills)
    return {"emptied": [asdict(each) for each in emptied(before, after)]}


if __name__ == "__main__":
    sys.exit(main())
