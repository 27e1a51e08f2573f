"""Bring a database of our own to the head of a project's migrations; runs in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import CannotJudge, ConfigError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy.engine import Connection

_MISSING_TABLE = re.compile(
    r"no such table: (?:main\.)?(?P<sqlite>[\w.]+)|relation \"(?P<postgresql>[\w.]+)\" does not exist"
)


def upgrade_to_heads(
    location: Path, url: str, *, progress: Callable[[str], None], baseline_before: str | None = None
) -> tuple[str, ...]:
    """Run all revisions on the database behind `url` and return the heads.

    location: the folder with env.py, or an alembic.ini.
    baseline_before: the first revision to run when a baseline was put in; its ancestors count as applied.
    Raises CannotJudge, one line that names revision, file and the server's message, when a revision fails.
    """
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = alembic_config(location, url)
    running: list[Script] = []
    try:
        script = ScriptDirectory.from_config(config)
        if baseline_before is not None:
            _stamp_before(script, config, baseline_before)

        def steps(heads: Any, context: Any) -> Iterator[Any]:
            planned = script._upgrade_revs("heads", heads)  # what `alembic upgrade` itself calls
            for number, step in enumerate(planned, start=1):
                running[:] = [step.revision]
                progress(f"migrating {number}/{len(planned)}: {step.revision.revision} {step.revision.doc}")
                yield step
                running.clear()

        with EnvironmentContext(config, script, fn=steps, destination_rev="heads"):
            script.run_env()
    except CommandError as err:
        raise CannotJudge(f"migrations in {str(location)!r}: {_one_line(err)}") from err
    except (Exception, SystemExit) as err:  # a revision may raise anything; it is named, with its file
        raise CannotJudge(_failure(err, running, location)) from err
    return tuple(sorted(script.get_heads()))


def alembic_config(location: Path, url: str) -> Config:
    """Return alembic's configuration for a script folder or an ini file, with the URL put in."""
    from alembic.config import Config

    if not location.exists():
        raise ConfigError(f"migrations {str(location)!r} do not exist ([project] migrations in dbops.toml)")
    # Many an env.py reads logging from its ini, so a folder is given the ini that stands with it.
    ini = _ini_of(location) if location.is_dir() else location
    config = Config(str(ini)) if ini else Config()
    folder = location if location.is_dir() else _script_folder(config, location.parent)
    if folder is not None:
        config.set_main_option("script_location", _escaped(str(folder)))
    config.set_main_option("sqlalchemy.url", _escaped(url))
    return config


def _ini_of(folder: Path) -> Path | None:
    return next((ini for place in (folder, folder.parent) if (ini := place / "alembic.ini").is_file()), None)


def _script_folder(config: Config, beside: Path) -> Path | None:
    """Return the script folder when it is relative to the ini and not to where we are; else None."""
    place = config.get_main_option("script_location") or ""
    return beside / place if place and not Path(place).exists() and (beside / place).is_dir() else None


def _stamp_before(script: ScriptDirectory, config: Config, first: str) -> None:
    from alembic.runtime.environment import EnvironmentContext

    revision = script.get_revision(first)
    if revision is None or not revision.down_revision:
        return
    down = revision.down_revision

    def stamp(heads: Any, context: Any) -> Any:
        return script._stamp_revs(down, heads)  # what `alembic stamp` itself calls

    with EnvironmentContext(config, script, fn=stamp, destination_rev=str(down)):
        script.run_env()


def apply_baseline(connection: Connection, baseline: str, root: Path) -> None:
    """Put the project's baseline in: run a .sql file, or call `module:function` with the connection."""
    if baseline.endswith(".sql"):
        text = (root / baseline).read_text(encoding="utf-8")
        raw: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            raw.executescript(text)
        else:
            connection.exec_driver_sql(text)
        return
    from importlib import import_module

    module, _, name = baseline.partition(":")
    getattr(import_module(module), name)(connection)


def _failure(err: BaseException, running: list[Script], location: Path) -> str:
    if not running:
        return f"migrations in {str(location)!r} do not run: {type(err).__name__}: {_one_line(err)}"
    revision = running[0]
    where = f"revision {revision.revision} ({Path(revision.path).name})"
    missing = _MISSING_TABLE.search(str(err))
    if missing and not _is_made_by_history(missing.group(missing.lastgroup or 0), revision):
        return (
            f"migrations do not start from an empty database: {where} needs table "
            f"{missing.group(missing.lastgroup or 0)!r}, which no earlier revision creates "
            f'(give the schema they start from: [project] baseline = "schema.sql" or "module:function", '
            f'first_revision = "{revision.revision}")'
        )
    return f"{where} fails to upgrade: {type(err).__name__}: {_one_line(err)}"


def _is_made_by_history(table: str, revision: Script) -> bool:
    """Whether the source of any revision beside this one makes the table."""
    bare = re.escape(table.rpartition(".")[2])
    makes = re.compile(rf"(create_table\(\s*|rename_table\([^)]*|CREATE TABLE\s+[^;(]*)[\"']?{bare}\b", re.IGNORECASE)
    folder = Path(revision.path).parent
    return any(makes.search(file.read_text(errors="replace")) for file in folder.glob("*.py"))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _one_line(err: BaseException) -> str:
    original = getattr(err, "orig", None) or err
    return " ".join(str(original).split()) or type(original).__name__
