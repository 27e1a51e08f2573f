"""The schema that a history makes, kept by the names of the revisions that make it (see `walk_keys`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.history import ancestors
from pytest_dbops.operations.migrations.head_schema import HeadSchema
from pytest_dbops.operations.migrations.project import project_scripts
from pytest_dbops.operations.migrations.walk_cache import cache_file, load_seen
from pytest_dbops.operations.migrations.walk_keys import last_change_ns, walk_keys
from pytest_dbops.operations.migrations.walk_template import start_from_known
from pytest_dbops.operations.rehearsal import Start, scratch_version

if TYPE_CHECKING:
    from pytest_dbops.operations.migrations.incremental import Judging

_MOST = 6


def kept_schema(
    judging: Judging, revisions: Collection[str], make: Callable[[Start | None], Catalog],
    walked: Callable[[], HeadSchema | None] = lambda: None,
) -> Catalog:  # fmt: skip
    """Return the schema at these revisions: as the walk of this run left it, or as it was kept, or as it is made now.

    revisions: ids; none for the heads. make: is given what to begin with in place of an empty database.
    A history with problems is made each time, and nothing is kept of it.
    """
    scope, config = judging.scope, judging.config
    if scope is None or scope.history.breaking:
        return make(None)
    left = walked()  # first, since a walk tells what the project reads, which is in the names
    scripts, dialect = project_scripts(config), judging.environment.dialect
    folder, seen = cache_file(config.root, dialect).parent, load_seen(cache_file(config.root, dialect))
    server = f"{dialect} {scratch_version(config, judging.environment, judging.run(), judging.progress)}"
    keys = walk_keys(config, scope.history, scripts, server=server, seen=seen)
    name = keys.schema_name(revisions or scope.history.heads)
    file = folder / f"{dialect}-{name[:24]}.schema.json"
    if left is not None and left.name == name:
        _keep(file, left.catalog)
        return left.catalog
    if not judging.is_fresh:
        with suppress(OSError, ValueError, TypeError):
            return from_json(Catalog, json.loads(file.read_bytes()))
    start = None if judging.is_fresh else start_from_known(
        judging, keys.by_revision, ancestors(scope.history, revisions or scope.history.heads), folder=folder,
        is_unchanged=None,
    )  # fmt: skip
    started_ns, made = time.time_ns(), make(start)
    if last_change_ns(config, scope.history, scripts, seen) < started_ns:
        _keep(file, made)
    return made


def _keep(file: Path, catalog: Catalog) -> None:
    """Write a schema, and drop those that were written longest ago."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, json.dumps(to_compact_json(catalog)).encode())
        kept = sorted(file.parent.glob("*.schema.json"), key=lambda each: each.stat().st_mtime_ns)
        for old in kept[:-_MOST]:
            old.unlink(missing_ok=True)
    except OSError as err:
        logger_of("migrations").info("the schema is not kept: %s: %s", file, err.strerror)
