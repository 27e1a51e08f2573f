"""Projects with a small alembic history, built into real databases, beside a real database that must stay as it is."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.scratch import AdminConnection, ScratchServer
from pytest_dbops.operations.build import BuildOrder, Built, run_build
from pytest_dbops.provisioning.databases import create_database, drop_database, new_name
from tests.fix_postgres import OWNER, ScratchDatabase

PRODUCTS = ("sqlite", "postgresql")

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = '''"""{doc}"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = {revision!r}, {down!r}, {labels!r}, {depends!r}


def upgrade():
    {upgrade}


def downgrade():
    pass
'''


def create_table(name: str) -> str:
    """Return the statement of a revision that makes a table."""
    return f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))'


@dataclass(slots=True)
class History:
    """A project's folder with alembic scripts; `build` puts them into a database and keeps what was told meanwhile."""

    path: Path
    told: list[str] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def env(self, source: str, folder: str = "migrations") -> None:
        """Write env.py."""
        self.write(f"{folder}/env.py", source)

    def revision(
        self, revision: str, down: object = None, upgrade: str = "pass", *, folder: str = "migrations/versions",
        doc: str = "", labels: object = None, depends: object = None,
    ) -> Path:  # fmt: skip
        """Write a revision; its file is called as it is."""
        text = REVISION.format(
            revision=revision, down=down, upgrade=upgrade.replace("\n", "\n    "), doc=doc or f"make {revision}",
            labels=labels, depends=depends,
        )  # fmt: skip
        return self.write(f"{folder}/{revision}.py", text)

    def build(self, url: str, **order: object) -> Built:
        """Build the history into the empty database behind `url`."""
        wanted = {"migrations": "migrations", **order}
        return run_build(BuildOrder(self.path, **wanted), url, progress=self.told.append)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database, a way to ask it, and one beside it that is somebody's real one, with its state."""

    product: str
    url: str
    real_url: str
    real_state: Callable[[], str]

    @property
    def real_dsn(self) -> str:
        """What a driver, used by hand, connects to the real database with."""
        return self.real_url.removeprefix("sqlite:///")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the database that was built."""
        if self.product == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql.encode()).fetchall()

    def tables(self) -> set[str]:
        """Return the names of its tables."""
        catalog = (
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
            if self.product == "sqlite"
            else "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return {str(name) for (name,) in self.rows(catalog)}


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A project of one revision, which makes the table `first`."""
    made = History(tmp_path / "project")
    made.env(ENV)
    made.revision("r1", None, create_table("first"))
    return made


@pytest.fixture
def sqlite_pair(tmp_path: Path) -> Database:
    real = tmp_path / "real.sqlite3"
    with closing(sqlite3.connect(real)) as connection:
        connection.executescript("CREATE TABLE precious (id integer); INSERT INTO precious VALUES (1)")
    return Database(
        "sqlite", f"sqlite:///{tmp_path / 'scratch.sqlite3'}", f"sqlite:///{real}",
        lambda: hashlib.sha256(real.read_bytes()).hexdigest(),
    )  # fmt: skip


@pytest.fixture
def postgresql_pair(
    postgres_database: ScratchDatabase, postgres_server: ScratchServer, postgres_admin: AdminConnection
) -> Iterator[Database]:
    name = new_name(postgres_server)
    create_database(postgres_server, postgres_admin, name, owner=OWNER)
    real = postgres_server.url(name, role=OWNER)
    with psycopg.connect(real) as connection:
        connection.execute("CREATE TABLE precious (id integer); INSERT INTO precious VALUES (1)")
    yield Database("postgresql", postgres_database.url, real, lambda: _state(real))
    drop_database(postgres_server, postgres_admin, name)


@pytest.fixture(params=PRODUCTS)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database of each product, with a real one beside it."""
    made: Database = request.getfixturevalue(f"{request.param}_pair")
    return made


def _state(url: str) -> str:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT ctid::text, xmin::text, id FROM precious").fetchall()
        objects = connection.execute("SELECT oid, relname, xmin::text FROM pg_class ORDER BY oid").fetchall()
    return repr((rows, objects))
