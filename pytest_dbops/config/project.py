"""The table `[project]`: where the application's models, migrations, checks and seeders are."""

from __future__ import annotations

from pytest_dbops.config.shapes import target, text, words
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.frozen import frozen


@frozen
class Project:
    """What is under guard; empty texts are not configured. Paths are relative to the folder of dbops.toml.

    metadata: `module:name` of a SQLAlchemy MetaData; migrations: alembic script location or an alembic.ini.
    checks: folders or files with the project's own checks; seeders: a folder or file with its seeders.
    baseline, first_revision: for a history that does not start from an empty database.
    """

    metadata: str = ""
    migrations: str = ""
    checks: tuple[str, ...] = ()
    seeders: str = ""
    baseline: str = ""
    first_revision: str = ""


METADATA = Key(
    "metadata", target(), "SQLAlchemy `MetaData` of the application, for drift and seeding",
    "none", 'metadata = "accounting.models:metadata"',
)  # fmt: skip
MIGRATIONS = Key(
    "migrations", text(), "alembic script location, or the path of an `alembic.ini`",
    "none", 'migrations = "migrations"',
)  # fmt: skip
CHECKS = Key(
    "checks", words("list of paths"), "folders or files with the project's own checks (`*.py`, `*.sql`)",
    "none", 'checks = ["checks"]',
)  # fmt: skip
SEEDERS = Key(
    "seeders", text(), "folder or file with the project's seeders",
    "none", 'seeders = "seeds"',
)  # fmt: skip
BASELINE = Key(
    "baseline", text(),
    "what makes the database that the first revision expects: a `.sql` file, or a function as `module:name`",
    "an empty database", 'baseline = "schema.sql"',
)  # fmt: skip
FIRST_REVISION = Key(
    "first_revision", text(), "first revision that is judged; older ones are part of the baseline",
    "the history's first", 'first_revision = "ae10c3f2"',
)  # fmt: skip

PROJECT = Table(
    "project",
    "Where the application under guard keeps its models, migrations, checks and seeders. Paths are relative to the"
    " folder of the file.",
    (METADATA, MIGRATIONS, CHECKS, SEEDERS, BASELINE, FIRST_REVISION),
)


def read_project(source: Source) -> Project:
    """Return the table `[project]`."""
    section = source.section(PROJECT, "project")
    return Project(
        metadata=section.read(METADATA, ""),
        migrations=section.read(MIGRATIONS, ""),
        checks=section.read(CHECKS, ()),
        seeders=section.read(SEEDERS, ""),
        baseline=section.read(BASELINE, ""),
        first_revision=section.read(FIRST_REVISION, ""),
    )
