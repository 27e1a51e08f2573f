"""A project with migrations, on SQLite and PostgreSQL; what is applied is applied by alembic itself."""

from __future__ import annotations

import os
import sqlite3
import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import alembic.config
import psycopg

if TYPE_CHECKING:
    from tests.cli.conftest import Answer, Project

CONFIG = """
[project]
migrations = "migrations"

[env.staging]
url     = "env:STAGING_URL"
kind    = "staging"
dialect = "{dialect}"
require = []
"""
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine, pool

OPTIONS = {{{options}}}
if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        {first}
        context.configure(connection=connection, transaction_per_migration=True, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
"""
TEMPLATE = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''
REVISION = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = {name!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {needs!r}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


@dataclass(frozen=True, slots=True)
class Migrations:
    """The project's migrations and its staging database."""

    project: Project
    url: str

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self.project.path

    def env(self, options: str = "", first: str = "pass") -> None:
        """Write env.py; options: entries of a dictionary for configure; first: what runs before."""
        self.project.write("migrations/env.py", ENV.format(options=options, first=first))

    def revision(
        self, name: str, down: object = None, *, upgrade: str = "", downgrade: str = "pass", labels: object = None,
        needs: object = None, title: str = "",
    ) -> Path:  # fmt: skip
        """Write a revision, which makes a table of its name unless told otherwise."""
        make = f'op.create_table("t_{name}", sa.Column("id", sa.Integer, primary_key=True))'
        text = REVISION.format(
            name=name, down=down, labels=labels, needs=needs, title=title or f"make {name}", upgrade=upgrade or make,
            downgrade=downgrade,
        )  # fmt: skip
        return self.project.write(f"migrations/versions/{name}.py", text)

    def line(self, *names: str) -> None:
        """Write revisions, each of which follows the one before."""
        for name, down in zip(names, (None, *names), strict=False):
            self.revision(name, down)

    def alembic(self, *words: str) -> None:
        """Run alembic's own command, in this process: its imports would take longer than all it does."""
        ini = self.project.write("run-alembic.ini", "[alembic]\nscript_location = migrations\n")
        url = self.url.replace("postgresql://", "postgresql+psycopg://")
        with warnings.catch_warnings(action="ignore"), patch.dict(os.environ, DATABASE_URL=url):
            alembic.config.main(argv=["-c", str(ini), *words])
        ini.unlink()
        if self.url.startswith("sqlite"):
            self.database_file.chmod(0o600)

    @property
    def database_file(self) -> Path:
        """The file of the database on SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))

    def sql(self, *statements: str) -> None:
        """Run statements on the database."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.database_file)) as connection:
                for statement in statements:
                    connection.execute(statement)
                connection.commit()
            self.database_file.chmod(0o600)
            return
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the database."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.database_file)) as connection:
                return connection.execute(query).fetchall()
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def dbops(self, *words: str) -> Answer:
        """Call `dbops migrate` in this process."""
        return self.project.dbops("migrate", *words)

    def files(self) -> dict[str, bytes]:
        """Return all files of the project but the database's."""
        found = (file for file in self.path.rglob("*") if file.is_file() and "sqlite3" not in file.name)
        return {file.relative_to(self.path).as_posix(): file.read_bytes() for file in found}
