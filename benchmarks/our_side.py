"""Walk a history as the process of a gate does, and print what that costs as one line of JSON.

`bare` runs the steps and compares nothing: its catalogs are empty. `reverses` is what that check asks for, with which
each revision is put in and taken back; `schemas` puts it in again and compares that too. `full` is all that a gate
does: rows in every table, what is lost of them, locks, and what the release before still runs. Imports are done before
the clock starts; loading the history is not.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from benchmarks.measure import timed_call
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.walk import Depth
from pytest_dbops.migrating.upgrade import load_alembic
from pytest_dbops.operations import walk_child
from pytest_dbops.operations.child import LIBRARIES, product_of
from pytest_dbops.operations.imported import project_on_path

_ORDER = {
    "baseline": "", "first_revision": "", "metadata": "", "judged": [], "present": [], "failed": [], "remembered": [],
    "rows": {}, "unobserved": {}, "only_up": False,
}  # fmt: skip


def main(folder: str, url: str, how: str, server_pid: str = "") -> None:
    """Walk once and print the cost."""
    root = Path(folder).parent
    load_alembic()
    for name in LIBRARIES[product_of(url)]:
        import_module(name)
    os.chdir(root)
    project_on_path(root)
    depth = {"full": Depth.FULL, "reverses": Depth.DOWN}.get(how, Depth.SCHEMAS)
    order = {**_ORDER, "url": url, "migrations": Path(folder).name, "depth": depth.value}
    judged: list[str] = []

    def say(said: dict[str, object]) -> None:
        json.dumps(said)
        if "walked" in said:
            judged.append("")

    def work() -> None:
        assert walk_child.walk(order, root, say)["is_complete"]

    with patch.object(walk_child, "_reader_for", _no_reader if how == "bare" else walk_child._reader_for):
        sample = timed_call(work, server_pid=int(server_pid or 0) or None)
    assert len(judged) == len(list(Path(folder, "versions").glob("*.py")))
    print(json.dumps([sample.cpu_s, sample.wall_s, sample.server_cpu_s]))


def _no_reader(url: str) -> object:
    empty = Catalog(url.partition(":")[0], 0)
    return lambda _: empty


if __name__ == "__main__":
    main(*sys.argv[1:])
