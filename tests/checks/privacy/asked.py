"""Ask checks of rights and of the connecting role on a real server, with roles that are gone afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import CheckResult
from tests.cases.asking import Question, ask
from tests.fix_postgres import ScratchDatabase

CHECKS: dict[str, Check] = {check.code: check for check in builtin_checks()}


@dataclass(frozen=True, slots=True)
class Books:
    """A small database with two roles of its own, which no other test's have the names of."""

    database: ScratchDatabase

    @property
    def app(self) -> str:
        return f"{self.database.name}_app"

    @property
    def clerk(self) -> str:
        return f"{self.database.name}_clerk"

    @property
    def owner(self) -> str:
        return "dbops_owner"

    def run(self, *statements: str) -> None:
        """Run statements as superuser, in one session; `APP` and `CLERK` stand for the roles."""
        with closing(psycopg.connect(self.database.superuser_url, autocommit=True)) as connection:
            for statement in statements:
                connection.execute(self._named(statement).encode())

    def ask(self, code: str, config: str, *, as_superuser: bool = False) -> CheckResult:
        """Ask a check of the database."""
        url = self.database.superuser_url if as_superuser else self.database.url
        return ask(Question(CHECKS[code], "postgresql", config=self._named(config)), url)

    def told(self, code: str, config: str) -> list[str]:
        """Return what a check finds, with the names of the roles put back."""
        return sorted(self._unnamed(finding.message) for finding in self.ask(code, config).findings)

    def mended(self, code: str, config: str) -> list[str]:
        """Run the statements of all hints, and return what is found then."""
        self.run(*(finding.hint for finding in self.ask(code, config).findings))
        return self.told(code, config)

    def _named(self, text: str) -> str:
        return text.replace("APP", self.app).replace("CLERK", self.clerk).replace("DATABASE_NAME", self.database.name)

    def _unnamed(self, text: str) -> str:
        return text.replace(self.app, "APP").replace(self.clerk, "CLERK").replace(self.database.name, "DATABASE_NAME")


SCHEMA: Sequence[str] = (
    "CREATE TABLE customer (id bigint PRIMARY KEY, name text, email text)",
    "CREATE TABLE invoice (id bigint PRIMARY KEY)",
    "CREATE VIEW names AS SELECT name FROM customer",
    "CREATE SEQUENCE numbers",
    "CREATE FUNCTION one() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
)
