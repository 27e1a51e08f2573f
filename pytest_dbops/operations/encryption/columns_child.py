"""The process that imports a project's models and tells which of their columns are encrypted (see `import_child.py`).

Reads one JSON object on standard input, writes one JSON line. No engine of this process reaches a database.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pytest_dbops.core.codec import to_json
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.raised import raised_line
from pytest_dbops.migrating.drivers import confine_drivers
from pytest_dbops.migrating.guard import confine_engines, redirect_variables
from pytest_dbops.operations.confined import end_with_standard_input, private_stdout
from pytest_dbops.operations.imported import imported_files, imported_libraries, project_on_path
from pytest_dbops.operations.project_metadata import load_metadata

NOWHERE = "sqlite://"


def main() -> int:
    """Import the MetaData that the order names and tell its encrypted columns, or the one line of what is wrong."""
    order = json.loads(sys.stdin.buffer.readline())
    end_with_standard_input()
    say = private_stdout()
    root = Path(order["root"])
    os.chdir(root)
    redirect_variables(os.environ, NOWHERE, tuple(order["variables"]))
    confine_drivers(confine_engines(NOWHERE))
    project_on_path(root)
    try:
        columns = _columns_of(order["metadata"])
    except DbopsError as err:
        say({"error": " ".join(str(err).split()), "kind": type(err).__name__})
        return 1
    except Exception as err:
        say({"error": f"the encrypted columns of the models cannot be told: {raised_line(err)}", "kind": "CannotJudge"})
        return 1
    say({"done": {"columns": columns, "files": imported_files(root), "libraries": imported_libraries()}})
    return 0


def _columns_of(reference: str) -> list[object]:
    metadata = load_metadata(reference)
    if "pytest_dbops.crypto.types" not in sys.modules:
        return []  # no model can have used them
    from pytest_dbops.crypto.models import encrypted_columns

    return [to_json(each) for each in encrypted_columns(metadata)]


if __name__ == "__main__":
    sys.exit(main())
