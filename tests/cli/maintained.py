"""Databases that need maintenance, on PostgreSQL and SQLite, in a project without migrations."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.fix_settled import wait_until_counted

if TYPE_CHECKING:
    from tests.cli.conftest import Answer, Project

CONFIG = """
[env.staging]
url       = "env:STAGING_URL"
kind      = "staging"
dialect   = "{dialect}"
require   = []
may_write = true
{more}
"""
JOURNAL = {"postgresql": "dbops.journal", "sqlite": "dbops_journal"}
ENTRIES = """
CREATE TABLE entry (id integer PRIMARY KEY, amount integer NOT NULL, note text NOT NULL);
INSERT INTO entry SELECT n, n % 10, 'x' FROM generate_series(1, {rows}) AS n;
"""
DEAD_ROWS = "UPDATE entry SET amount = amount + 1"
UNFINISHED = "CREATE UNIQUE INDEX CONCURRENTLY entry_amount ON entry (amount)"
"""Fails, because amounts repeat, and leaves an invalid index."""


@dataclass(frozen=True, slots=True)
class Maintained:
    """A project with an environment `staging`, and its database."""

    project: Project
    dialect: str
    url: str

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self.project.path

    @property
    def file(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))

    def configure(self, more: str = "") -> None:
        """Write dbops.toml; more: further keys of the environment, and further tables."""
        self.project.write("dbops.toml", CONFIG.format(dialect=self.dialect, more=more))

    def sql(self, *statements: str, others: int = 0) -> None:
        """Run statements, each final at once; others: sessions of the database that stay open beside."""
        if self.dialect == "sqlite":
            with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
                for statement in statements:
                    connection.execute(statement)
            self.file.chmod(0o600)
            return
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        wait_until_counted(self.url, others=others)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        if self.dialect == "sqlite":
            with closing(sqlite3.connect(self.file)) as connection:
                return connection.execute(query).fetchall()
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def neglect(self, rows: int = 5_000) -> None:
        """Make a table with dead rows, old statistics and an unfinished index (PostgreSQL)."""
        self.sql(*ENTRIES.format(rows=rows).split(";\n")[:2])
        self.sql("ANALYZE entry", DEAD_ROWS)  # in a session of its own: what that before did is counted by now
        with suppress(psycopg.errors.UniqueViolation):
            self.sql(UNFINISHED)
        self.sql("UPDATE entry SET amount = id")

    def dbops(self, verb: str, *words: str) -> Answer:
        """Call `dbops maintenance` in this process."""
        return self.project.dbops("maintenance", verb, "--env", "staging", *words)

    def plan(self, *words: str) -> dict[str, Any]:
        """Return the plan."""
        answer = self.dbops("plan", "--format", "json", *words)
        assert (answer.code, answer.err) == (0, "")
        found: dict[str, Any] = answer.json
        return found

    def steps(self, *words: str) -> list[tuple[str, str]]:
        """Return kind and object of each planned step, in order."""
        return [(each["task"], each["subject"]) for each in self.plan(*words)["steps"]]

    def step(self, task: str, *words: str) -> dict[str, Any]:
        """Return the only planned step of a kind."""
        (found,) = (each for each in self.plan(*words)["steps"] if each["task"] == task)
        return dict(found)

    def auto(self, *words: str) -> Answer:
        """Run what keeps nobody waiting."""
        return self.dbops("auto", "--format", "json", *words)

    def events(self) -> list[str]:
        """Return the events of the journal, oldest first."""
        return [row[0] for row in self.rows(f"SELECT event FROM {JOURNAL[self.dialect]} ORDER BY id")]


def fates(done: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return kind and fate of each step."""
    return [(each["step"]["task"], each["fate"]) for each in done]


def environment(**more: str) -> dict[str, str]:
    """Return the variables of this process and some more."""
    return {**os.environ, **more}
