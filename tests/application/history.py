"""Drive the application's migrations and seeds against a database given by its SQLAlchemy URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import create_engine, pool

from accounting.models import metadata
from pytest_dbops.seeding.run import load_seeders, run_seeders

ROOT = Path(__file__).resolve().parents[2]
AS_OF = date(2026, 1, 15)


def alembic_config(url: str) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    command.downgrade(alembic_config(url), revision)


def revisions() -> list[Script]:
    """Return all revisions, those that others build on first."""
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    return list(reversed(list(script.walk_revisions())))


def walk(url: str, snapshot: Callable[[], Any], seen: Callable[[Script, str, Any], None]) -> None:
    """Take each revision up, down and up again, telling `seen` what `snapshot` gives after each step."""
    config = alembic_config(url)
    script = ScriptDirectory.from_config(config)
    forward = list(reversed(list(script.walk_revisions())))

    def steps(_heads: Any, _context: Any) -> Iterator[MigrationStep]:
        for revision in forward:
            seen(revision, "before", snapshot())
            yield MigrationStep.upgrade_from_script(script.revision_map, revision)
            seen(revision, "up", snapshot())
            yield MigrationStep.downgrade_from_script(script.revision_map, revision)
            seen(revision, "down", snapshot())
            yield MigrationStep.upgrade_from_script(script.revision_map, revision)
            seen(revision, "up again", snapshot())

    with EnvironmentContext(config, script, fn=steps):
        script.run_env()


def seed(url: str) -> None:
    engine = create_engine(url, poolclass=pool.NullPool)
    run_seeders(engine, metadata, load_seeders(ROOT / "seeds"), progress=lambda line: None, as_of=AS_OF)
