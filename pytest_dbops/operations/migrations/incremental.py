"""Walk only what no earlier run has judged: revisions that are known by their names are taken from what was kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import ancestors
from pytest_dbops.core.walk import Depth, Walk, WalkedRevision
from pytest_dbops.operations.asked import Asked
from pytest_dbops.operations.child import Progress, Said
from pytest_dbops.operations.migrations.head_schema import HeadSchema, read_schema
from pytest_dbops.operations.migrations.kept_readings import keep_readings
from pytest_dbops.operations.migrations.project import project_scripts
from pytest_dbops.operations.migrations.scope import RevisionScope
from pytest_dbops.operations.migrations.walk_cache import Kept, cache_file, keep, load_kept
from pytest_dbops.operations.migrations.walk_keys import Seen, last_change_ns, walk_keys
from pytest_dbops.operations.migrations.walk_template import start_from_known
from pytest_dbops.operations.rehearsal import Spared, Start, rehearse_project, scratch_version

if TYPE_CHECKING:
    from pytest_dbops.operations.runs import Run


@frozen
class Judging:
    """Which project is judged, on which product, and how far.

    scope: None where the history cannot be read: then all that is walked is in scope.
    is_fresh: whether nothing that an earlier run has judged counts.
    find_asked: tells what is asked of a walk.
    """

    config: Config
    environment: Environment
    scope: RevisionScope | None
    progress: Progress
    run: Callable[[], Run]
    is_fresh: bool = False
    find_asked: Callable[[], Asked] = Asked


def walk_incrementally(
    judging: Judging, scope: RevisionScope, judged: frozenset[str],
    offer: Callable[[HeadSchema], None] = lambda _: None,
) -> Walk:  # fmt: skip
    """Return the walk over the revisions that are to be judged, as a walk over all of them would be.

    offer: is given the schema at the heads where the walk leaves just what `alembic upgrade head` does: that is one
    to the heads which puts in no rows, since what a revision makes may depend on those.

    A history with problems for which alembic refuses it is walked as it is, and nothing is kept of it.
    """
    every = frozenset(each.id for each in scope.every)
    needed = ancestors(scope.history, judged) & every
    depth = judging.find_asked().depth
    spared = Spared(put_in=needed - judged, beyond=every - needed, depth=depth)
    if scope.history.breaking:
        return _rehearsed(judging, spared)
    started_ns, config, scripts = time.time_ns(), judging.config, project_scripts(judging.config)
    version = scratch_version(config, judging.environment, judging.run(), judging.progress)
    server = f"{judging.environment.dialect} {version}"
    file = cache_file(config.root, judging.environment.dialect)
    kept = load_kept(file)
    keys = walk_keys(config, scope.history, scripts, server=server, seen=kept.seen)
    keep_readings(config.root)
    known, counted = _known(judging, kept, keys.common, keys.by_revision, judged, depth)
    if judged <= known.keys() | set(counted):
        return _all_known(judging, scope, kept, known, counted)
    told = _Told(kept.seen)
    start = start_from_known(
        judging, keys.by_revision, {*known, *spared.put_in}, folder=file.parent,
        is_unchanged=lambda: last_change_ns(config, scope.history, scripts, kept.seen) < started_ns,
    ) if kept.common == keys.common and not judging.is_fresh else None  # fmt: skip
    heads = _Heads(judging)
    walk = _rehearsed(
        judging, replace(spared, known=known), told.hear, start, heads.read if depth is not Depth.FULL else None
    )
    if last_change_ns(config, scope.history, scripts, told.seen) < started_ns:
        keys = walk_keys(config, scope.history, scripts, server=server, seen=told.seen)
        keep(file, walk, keys, told.seen, kept)
        if heads.catalog is not None:
            offer(HeadSchema(keys.schema_name(scope.history.heads), heads.catalog))
    return walk


def _known(
    judging: Judging, kept: Kept, common: str, names: Mapping[str, str], judged: frozenset[str], depth: Depth
) -> tuple[dict[str, WalkedRevision], tuple[str, ...]]:
    """Return what was judged before, and the revisions that the baseline stands for."""
    if judging.is_fresh:
        return {}, ()
    found = {each: kept.judged[names[each]] for each in judged if names.get(each, "") in kept.judged}
    known = {name: each for name, each in found.items() if each.depth.covers(depth)}
    return known, kept.counted if kept.common == common else ()


def _all_known(
    judging: Judging, scope: RevisionScope, kept: Kept, known: dict[str, WalkedRevision], counted: tuple[str, ...]
) -> Walk:
    ordered = tuple(known[each.id] for each in scope.every if each.id in known)
    outside = {each.id for each in scope.every} - known.keys() - set(counted)
    return Walk(
        judging.environment.dialect, kept.server, tuple(sorted(scope.history.heads)), ordered, counted, databases=0,
        out_of_scope=tuple(sorted(outside)), cached=len(known),
    )  # fmt: skip


class _Told:
    """What the processes of a walk say they have imported and read, added to what was seen before."""

    def __init__(self, before: Seen) -> None:
        self.seen = before

    def hear(self, done: Said) -> None:
        files = {*self.seen.files, *map(str, done["files"])}
        libraries = {*self.seen.libraries, *map(str, done["libraries"])}
        self.seen = Seen(tuple(sorted(files)), tuple(sorted(libraries)))


class _Heads:
    """Reads the schema at the heads; where that fails, it is made anew for those who need it."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self.catalog: Catalog | None = None

    def read(self, url: str) -> None:
        """Read it from the database of the walk."""
        if not self._judging.find_asked().are_heads:
            return
        try:
            self.catalog = read_schema(self._judging.environment, url)
        except DbopsError as err:
            logger_of("migrations").info("the schema is not taken from the walk: %s", " ".join(str(err).split()))


def _rehearsed(
    judging: Judging, spared: Spared, hear: Callable[[Said], None] | None = None, start: Start | None = None,
    hear_heads: Callable[[str], None] | None = None,
) -> Walk:  # fmt: skip
    return rehearse_project(
        judging.config, judging.environment, judging.run(), progress=judging.progress, spared=spared, hear_done=hear,
        start=start, hear_heads=hear_heads,
    )  # fmt: skip
