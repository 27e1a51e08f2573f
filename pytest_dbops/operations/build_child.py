"""The process that migrates and fills a database of ours: it may import the project, and nothing it does can
reach another database, another process's logging or another event loop.

Reads one JSON object on standard input, writes JSON lines on standard output; what the project prints goes to
standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.migrating.guard import confine_engines, redirect_variables
from pytest_dbops.migrating.upgrade import apply_baseline, upgrade_to_heads
from pytest_dbops.seeding.run import load_seeders, run_seeders


def main() -> int:
    """Build as asked on standard input; the last line is `{"done": ...}` or `{"error": ...}`."""
    order = json.load(sys.stdin)
    say = private_stdout()
    root = Path(order["root"])
    os.chdir(root)
    sys.path.insert(0, str(root))
    redirect_variables(os.environ, order["url"], tuple(order["variables"]))
    confine_engines(order["url"])
    try:
        heads = build(order, root, progress=lambda text: say({"progress": text}))
    except DbopsError as err:
        say({"error": str(err), "kind": type(err).__name__})
        return 1
    say({"done": {"heads": heads, "files": _project_files(root)}})
    return 0


def build(order: dict[str, Any], root: Path, *, progress: Callable[[str], None]) -> tuple[str, ...]:
    """Put the baseline in, migrate to the heads and run the seeders; returns the heads."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(order["url"], poolclass=NullPool)
    heads: tuple[str, ...] = ()
    if order["baseline"]:
        with engine.begin() as connection:
            _baseline(connection, order["baseline"], root)
    if order["migrations"]:
        first = order["first_revision"] if order["baseline"] else None
        heads = upgrade_to_heads(root / order["migrations"], order["url"], progress=progress, baseline_before=first)
    if order["seeders"]:
        seeders = load_seeders(root / order["seeders"])
        run_seeders(engine, load_metadata(order["metadata"]), seeders, progress=progress)
    return heads


def load_metadata(reference: str) -> Any:
    """Return the MetaData behind `module:attribute`; raises ConfigError when it does not import or is none."""
    from sqlalchemy import MetaData

    module, _, name = reference.partition(":")
    try:
        found = getattr(import_module(module), name or "metadata")
    except Exception as err:  # the project's module may raise anything at import
        raise ConfigError(f"[project] metadata {reference!r} does not import: {type(err).__name__}: {err}") from err
    found = getattr(found, "metadata", found)
    if not isinstance(found, MetaData):
        raise ConfigError(f"[project] metadata {reference!r} is {type(found).__name__}, not a SQLAlchemy MetaData")
    return found


def _baseline(connection: Any, baseline: str, root: Path) -> None:
    try:
        apply_baseline(connection, baseline, root)
    except Exception as err:  # the project's file or function may raise anything
        raise CannotJudge(f"[project] baseline {baseline!r}: {type(err).__name__}: {err}") from err


def _project_files(root: Path) -> list[str]:
    """Return the project's files that were imported, so that a change in them is seen next time."""
    files = {Path(f) for m in list(sys.modules.values()) if isinstance(f := getattr(m, "__file__", None), str)}
    return sorted(
        f.relative_to(root).as_posix()
        for f in files
        if f.suffix == ".py" and f.is_relative_to(root) and "site-packages" not in f.parts
    )


def private_stdout() -> Callable[[dict[str, Any]], None]:
    """Keep standard output for our lines; whatever the project prints goes to standard error."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(line: dict[str, Any]) -> None:
        ours.write(json.dumps(line) + "\n")
        ours.flush()

    return say


if __name__ == "__main__":
    sys.exit(main())
