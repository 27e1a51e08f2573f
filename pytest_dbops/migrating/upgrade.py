"""Bring a database of our own to the heads of a project's migrations; runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.config import alembic_config
from pytest_dbops.migrating.env_run import run_env
from pytest_dbops.migrating.failures import failure_of, one_line
from pytest_dbops.migrating.urls import own_url

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory


@frozen
class Upgraded:
    """What an upgrade ended with: the heads, and the files and folders that a change in them is to be seen of."""

    heads: tuple[str, ...]
    read: tuple[Path, ...]


@dataclass(slots=True)
class _Walk:
    """What is known of a running upgrade from outside: env.py runs it, and may swallow what it raises."""

    running: list[Script] = field(default_factory=list)
    is_begun: bool = False
    version_table: str = "alembic_version"
    version_schema: str | None = None


def load_alembic() -> None:
    """Import alembic before a project's folder is searched, which often holds a package of the same name."""
    import_module("alembic.command")


def upgrade_to_heads(
    location: Path, url: str, *, root: Path, progress: Callable[[str], None], baseline_before: str = "",
    only_to: Sequence[str] = (),
) -> Upgraded:  # fmt: skip
    """Run all revisions on the database behind the plain `url`.

    location: the folder with env.py, or an alembic.ini; root: the project's folder.
    baseline_before: the first revision to run when a baseline was put in; its ancestors count as applied.
    only_to: revisions to stop at, as the rows of a version table name them; empty for the heads.
    Raises CannotJudge, one line that names revision, file and the server's message, when a revision fails or the
    version table does not hold the heads afterwards; ConfigError when there are no such migrations.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = alembic_config(location, url, root=root)
    script: ScriptDirectory | None = None
    walk = _Walk()
    try:
        script = ScriptDirectory.from_config(config)
        counted = revisions_before(script, baseline_before) if baseline_before else ()
        steps = _steps(script, walk, counted, tuple(only_to) or "heads", progress)
        run_env(
            config, script, lambda: EnvironmentContext(config, script, fn=steps, destination_rev="heads"), url,
            is_begun=lambda: walk.is_begun,
        )  # fmt: skip
        _verify(script, walk, url, tuple(only_to) or tuple(script.get_heads()))
    except DbopsError:
        raise
    except CommandError as err:
        raise CannotJudge(f"migrations in {str(location)!r}: {one_line(err)}") from err
    except (Exception, SystemExit) as err:  # a revision may raise anything; it is named, with its file
        raise CannotJudge(failure_of(err, walk.running[0] if walk.running else None, script, location, root)) from err
    return Upgraded(tuple(sorted(script.get_heads())), _read(script, config))


def _steps(
    script: ScriptDirectory,
    walk: _Walk,
    counted: tuple[str, ...],
    upper: str | tuple[str, ...],
    progress: Callable[[str], None],
) -> Callable[[tuple[str, ...], Any], Iterator[Any]]:
    """Return what alembic asks for the steps to run; it asks for one more when the one before is done.

    counted: revisions to be stamped first, because a baseline has what they and their ancestors do.
    """
    from alembic.runtime.migration import MigrationStep, StampStep

    def steps(heads: tuple[str, ...], context: Any) -> Iterator[Any]:
        walk.is_begun = True
        walk.version_table, walk.version_schema = context.version_table, context.version_table_schema
        if counted and heads and set(heads) != set(counted):
            raise ConfigError(
                f"[project] baseline is stamped {', '.join(heads)}, but first_revision follows {', '.join(counted)}"
                " (leave first_revision out, or the rows of the version table)"
            )
        for stamped in () if heads else counted:
            yield StampStep((), stamped, True, True, script.revision_map)
        planned = list(script.iterate_revisions(upper, heads or counted, implicit_base=True))[::-1]
        for number, revision in enumerate(planned, start=1):
            walk.running[:] = [revision]
            progress(f"migrating {number}/{len(planned)}: {revision.revision} {revision.doc}")
            yield MigrationStep.upgrade_from_script(script.revision_map, revision)
            walk.running.clear()

    return steps


def revisions_before(script: ScriptDirectory, first: str) -> tuple[str, ...]:
    """Return the revisions just before `first`."""
    from alembic.util import CommandError

    try:
        revision = script.get_revision(first)
    except CommandError as err:
        raise ConfigError(f"[project] first_revision {first!r} is no revision of the migrations") from err
    down = revision.down_revision if revision else None
    return (down,) if isinstance(down, str) else tuple(down or ())


def _verify(script: ScriptDirectory, walk: _Walk, url: str, wanted: tuple[str, ...]) -> None:
    """Read the version table on a connection of our own: an env.py that never commits loses all of it silently."""
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    options = {"version_table": walk.version_table, "version_table_schema": walk.version_schema}
    with create_engine(own_url(url), poolclass=NullPool).connect() as connection:
        applied = MigrationContext.configure(connection, opts=options).get_current_heads()
    there, needed = with_ancestors(script, applied), with_ancestors(script, wanted)
    missing = [s.revision for s in script.walk_revisions() if s.revision in needed - there]
    if not missing:
        return
    if not walk.is_begun:
        raise CannotJudge("env.py ended without running any migration (it has to call context.run_migrations())")
    raise CannotJudge(
        f"env.py ran all migrations, but the database is not at their heads: {missing[0]} is not applied"
        " (does env.py commit? wrap context.run_migrations() in: with context.begin_transaction())"
    )


def with_ancestors(script: ScriptDirectory, applied: tuple[str, ...]) -> set[str]:
    """Return all revisions that are applied when these are, by descent or by `depends_on`."""
    found: set[str] = set()
    waiting = list(applied)
    while waiting:
        for revision in script.get_revisions(waiting.pop()):
            if revision is None or revision.revision in found:
                continue
            found.add(revision.revision)
            for more in (revision.down_revision, revision.dependencies):
                waiting += [more] if isinstance(more, str) else list(more or ())
    return found


def _read(script: ScriptDirectory, config: Config) -> tuple[Path, ...]:
    places = {Path(script.dir).resolve(), *(Path(s.path).resolve().parent for s in script.walk_revisions())}
    if config.config_file_name:
        places.add(Path(config.config_file_name).resolve())
    return tuple(sorted(places))
