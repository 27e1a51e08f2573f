"""The process in which a project's MetaData and seeders are imported to see whether they can be.

Reads one JSON object on standard input and writes JSON lines on standard output: `{"importing": ...}` before each
import, so that one which ends the process is known by name, and `{"done": ...}` at the end. What the project
prints goes to standard error. No engine of this process reaches a database.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.migrating.drivers import confine_drivers
from pytest_dbops.migrating.guard import confine_engines, redirect_variables
from pytest_dbops.operations.confined import end_with_standard_input, private_stdout
from pytest_dbops.operations.imported import project_on_path
from pytest_dbops.operations.project_metadata import load_metadata
from pytest_dbops.seeding.find import load_seeders

NOWHERE = "sqlite://"


def main() -> int:
    """Import what the order names and say what is wrong with it."""
    order = json.loads(sys.stdin.buffer.readline())
    end_with_standard_input()
    say = private_stdout()
    root = Path(order["root"])
    os.chdir(root)
    redirect_variables(os.environ, NOWHERE, tuple(order["variables"]))
    confine_drivers(confine_engines(NOWHERE))
    project_on_path(root)
    problems = []
    for name, load in (
        ("metadata", lambda: load_metadata(order["metadata"])),
        ("seeders", lambda: load_seeders(root / order["seeders"])),
    ):
        try:
            if order[name]:
                say({"importing": f"{name} {order[name]!r}"})
                load()
        except DbopsError as err:
            problems.append(" ".join(str(err).split()))
    say({"done": {"problems": problems}})
    return 0


if __name__ == "__main__":
    sys.exit(main())
