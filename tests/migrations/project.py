"""Projects with a small history, walked on real scratch databases, and what the checks say of each revision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Row
from pytest_dbops.core.forecast import Forecasts
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import Depth, DowngradeRule, Walk
from pytest_dbops.operations.build import BuildOrder
from pytest_dbops.operations.rehearsal import Spared, rehearse_migrations

PRODUCTS = ("postgresql", "sqlite")
TARGET = Environment("development", Kind.DEVELOPMENT, "", None, "", DEFAULT_POLICIES[Kind.DEVELOPMENT])
CHECKS: dict[str, Check] = {check.name: check for check in builtin_checks() if check.step is not None}

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

_HEAD = '''"""{doc}"""

import os

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}
'''

Databases = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a check says of a revision; `of` is the check."""

    of: str
    message: str
    evidence: tuple[Row, ...] = ()
    severity: Severity | None = None


@dataclass(slots=True)
class Project:
    """A folder with alembic scripts; `walk` rehearses them and keeps what was told meanwhile."""

    path: Path
    product: str
    databases: Databases
    told: list[str] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def env(self, source: str = ENV) -> None:
        """Write env.py."""
        self.write("migrations/env.py", source)

    def revision(
        self, revision: str, down: object = None, upgrade: str = "pass", downgrade: str | None = "pass", *,
        folder: str = "migrations/versions", doc: str = "", labels: object = None, depends: object = None,
    ) -> None:  # fmt: skip
        """Write a revision; `downgrade` None leaves the function out."""
        parts = [_HEAD.format(doc=doc or revision, revision=revision, down=down, labels=labels, depends=depends)]
        for name, body in (("upgrade", upgrade), ("downgrade", downgrade)):
            if body is not None:
                parts.append(f"def {name}():\n{indent(dedent(body).strip(), '    ')}\n")
        self.write(f"{folder}/{revision}.py", "\n\n".join(parts))

    def walk(self, depth: Depth = Depth.FULL, **order: object) -> Walk:
        """Walk the history."""
        wanted = BuildOrder(self.path, **{"migrations": "migrations", **order})  # type: ignore[arg-type]
        return rehearse_migrations(
            wanted, self.databases, dialect=self.product, progress=self.told.append, spared=Spared(depth=depth)
        )


def said_of(walk: Walk, revision: str, of: Collection[str] = tuple(CHECKS)) -> list[Said]:
    """Return all that the checks of one revision say, or some of them, but for what they skip."""
    walked = walk.revision(revision)
    assert walked is not None
    said: list[Said] = []
    for name in filter(of.__contains__, CHECKS):
        check = CHECKS[name]
        try:
            given = {
                "revision": walked,
                "walk": walk,
                "environment": TARGET,
                "sizes": TargetSizes,
                "forecasts": Forecasts,
                "downgrade_rule": DowngradeRule.DECLARED,
            }
            found = check.function(**{name: given[name] for name in check.inputs})
            for each in found:
                said.append(Said(name, each.message, each.evidence, each.severity))
        except DoesNotApply:
            continue
        except CannotJudge as err:
            said.append(Said(name, f"inconclusive: {err}"))
    return said


def all_said(walk: Walk) -> dict[str, list[Said]]:
    """Return all that is said of any revision; those of which nothing is said are left out."""
    found = {each.revision: said_of(walk, each.revision) for each in walk.revisions}
    return {revision: said for revision, said in found.items() if said}


def files_in(folder: Path) -> Databases:
    """Return what makes SQLite files in a folder."""

    @contextmanager
    def databases() -> Iterator[str]:
        file = folder / f"scratch{len(list(folder.glob('scratch*.sqlite3')))}.sqlite3"
        yield f"sqlite:///{file}"

    return databases
