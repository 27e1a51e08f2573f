"""The process in which alembic imports a project's revisions; every connection to a database is refused in it.

Reads one JSON object on standard input, writes one on standard output, `{"done": ...}` or `{"error": ...}`; what the
project prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.migrating.config import alembic_config
from pytest_dbops.migrating.drivers import confine_drivers
from pytest_dbops.migrating.guard import Confinement, Place, confine_engines, redirect_variables
from pytest_dbops.migrating.new_revision import NewRevision, write_revision
from pytest_dbops.migrating.offline_sql import offline_sql
from pytest_dbops.migrating.upgrade import load_alembic
from pytest_dbops.operations.confined import end_with_standard_input, private_stdout
from pytest_dbops.operations.imported import project_on_path

_NOWHERE = {
    "postgresql": "postgresql://nobody@offline.invalid/offline",
    "sqlite": "sqlite:////offline.invalid/offline.sqlite3",
}
"""URLs that tell alembic the product, and are refused like any other."""


def main() -> int:
    """Answer the question on standard input."""
    order = json.loads(sys.stdin.buffer.readline())
    end_with_standard_input()
    sys.dont_write_bytecode = True  # a question leaves nothing in the project
    say = private_stdout()
    root, url = Path(order["root"]), _NOWHERE[order["dialect"]]
    os.chdir(root)
    redirect_variables(os.environ, url, order["variables"], written=order["written"])
    confinement = confine_engines(url)
    confinement.allowed = Place("", "", "")
    confine_drivers(confinement)
    load_alembic()
    project_on_path(root)
    try:
        done = _QUESTIONS[order["question"]](order, root, url, confinement)
    except BaseException as err:  # whatever the project does, its last word is one line
        error = err if isinstance(err, DbopsError) else CannotJudge(f"{type(err).__name__}: {err}")
        say({"error": " ".join(str(error).split()), "kind": type(error).__name__})
        return 1
    say({"done": done})
    return 0


def _write(order: Mapping[str, Any], root: Path, url: str, _: Confinement) -> dict[str, Any]:
    wanted = dict(order["new"])
    wanted |= {
        "heads": tuple(wanted["heads"]),
        "location": Path(wanted["location"]),
        "beside": tuple((name, text) for name, text in wanted["beside"]),
    }
    config = alembic_config(root / order["migrations"], url, root=root)
    return {"files": [str(path) for path in write_revision(config, NewRevision(**wanted))]}


def _sql(order: Mapping[str, Any], root: Path, url: str, confinement: Confinement) -> dict[str, Any]:
    config = alembic_config(root / order["migrations"], url, root=root)
    found = offline_sql(
        config, order["revisions"], before=order["before"], is_downgrade=order["is_downgrade"],
        refused=confinement.refused,
    )  # fmt: skip
    return asdict(found)


_QUESTIONS: Mapping[str, Callable[[Mapping[str, Any], Path, str, Confinement], dict[str, Any]]] = {
    "write": _write,
    "sql": _sql,
}

if __name__ == "__main__":
    sys.exit(main())
