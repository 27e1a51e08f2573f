"""The process that migrates and fills a database of ours: it may import the project, and nothing it does can
reach another database, another process's logging or another event loop.

Reads one line of JSON on standard input, writes JSON lines on standard output; what the project prints goes to
standard error. It ends as soon as its standard input does: then the process that ordered the build is gone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.raised import import_line, raised_line
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.migrating.baseline import apply_baseline
from pytest_dbops.migrating.drivers import confine_drivers
from pytest_dbops.migrating.guard import Confinement, confine_engines, redirect_variables
from pytest_dbops.migrating.upgrade import load_alembic, upgrade_to_heads
from pytest_dbops.migrating.urls import own_url, written_url
from pytest_dbops.operations.imported import imported_files, imported_libraries, project_on_path
from pytest_dbops.seeding.run import load_seeders, run_seeders

ORPHANED = 70


def main() -> int:
    """Build as asked on standard input; the last line is `{"done": ...}` or `{"error": ...}`."""
    order = json.loads(sys.stdin.buffer.readline())
    order["url"] = written_url(order["url"])
    end_with_standard_input()
    say = private_stdout()
    root = Path(order["root"])
    mask = SecretMask(secrets_of_url(order["url"]))
    os.chdir(root)
    redirect_variables(os.environ, order["url"], order["variables"], written=order["written"])
    confinement = confine_engines(order["url"])
    confine_drivers(confinement)
    load_alembic()
    project_on_path(root)
    try:
        done = build(order, root, progress=lambda text: say({"progress": mask(text)}))
    except BaseException as err:  # whatever the project does, its last word is one line
        error = _as_ours(err, confinement)
        say({"error": mask(" ".join(str(error).split())), "kind": type(error).__name__})
        return 1
    say({"done": done})
    return 0


def build(order: dict[str, Any], root: Path, *, progress: Callable[[str], None]) -> dict[str, list[str]]:
    """Put the baseline in, migrate to the heads and run the seeders; returns what the database was made of."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

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
    if order["seeders"]:
        seeders = load_seeders(root / order["seeders"])
        run_seeders(engine, load_metadata(order["metadata"]), seeders, progress=progress)
    return {
        "heads": list(heads),
        "read": [os.path.relpath(place, root) for place in read],
        "files": imported_files(root),
        "libraries": imported_libraries(),
    }


def load_metadata(reference: str) -> Any:
    """Return the MetaData behind `module:attribute`; raises ConfigError when it does not import or is none."""
    from importlib import import_module

    from sqlalchemy import MetaData

    module, _, name = reference.partition(":")
    try:
        found: Any = import_module(module)
        for part in (name or "metadata").split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # the project's module may raise anything at import
        raise ConfigError(f"[project] metadata {reference!r} does not import: {import_line(err)}") from err
    found = getattr(found, "metadata", found)
    if not isinstance(found, MetaData):
        raise ConfigError(f"[project] metadata {reference!r} is {type(found).__name__}, not a SQLAlchemy MetaData")
    return found


def private_stdout() -> Callable[[dict[str, Any]], None]:
    """Keep standard output for our lines; whatever the project prints goes to standard error."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(line: dict[str, Any]) -> None:
        ours.write(json.dumps(line) + "\n")
        ours.flush()

    return say


def end_with_standard_input() -> None:
    """End this process when its standard input ends; the project finds an empty one in its place."""
    leash = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        while os.read(leash, 1):
            pass
        os._exit(ORPHANED)

    Thread(target=watch, daemon=True).start()


def _as_ours(err: BaseException, confinement: Confinement) -> DbopsError:
    """Return the error to report; a refused connection explains whatever came of it, however it was wrapped."""
    if confinement.refused and type(err).__name__ != "PolicyRefused":
        from pytest_dbops.core.errors import PolicyRefused

        return PolicyRefused(confinement.refused[-1])
    if isinstance(err, DbopsError):
        return err
    return CannotJudge(f"the database cannot be built: {raised_line(err)}")


if __name__ == "__main__":
    sys.exit(main())
