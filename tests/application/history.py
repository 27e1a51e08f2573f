"""Drive the application's migrations and seeds against a database given by its SQLAlchemy URL."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from accounting.models import metadata
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.seeding.find import load_seeders
from pytest_dbops.seeding.run import seed_database

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


def seed(url: str, request: SeedRequest = SeedRequest()) -> None:  # noqa: B008
    seed_database(url, metadata, load_seeders(ROOT / "seeds"), request, as_of=AS_OF)
