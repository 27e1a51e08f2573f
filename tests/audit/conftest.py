"""A project with an audited table on each product, and a look at its trail that takes no detour."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pytest_dbops.backends import audit_for
from pytest_dbops.cli import main
from pytest_dbops.config.load import load_config
from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.port import Writer
from pytest_dbops.core.audit.verifying import Verified
from pytest_dbops.core.session import Limits
from pytest_dbops.operations.audit.verify import verify
from tests.cli.conftest import Answer

PRODUCTS = ("postgresql", "sqlite")
CONFIG = """
[env.staging]
url = "env:STAGING_URL"
kind = "staging"
dialect = "{dialect}"
require = []

[audit]
tables = ["invoice", "party"]
mask = ["party.email"]
exclude = ["*.touched"]
tenant = "org_id"
"""
TABLES = """
CREATE TABLE invoice (org_id integer NOT NULL, id integer NOT NULL, net {number}, note text, touched integer,
    PRIMARY KEY (org_id, id));
CREATE TABLE party (org_id integer NOT NULL, id integer PRIMARY KEY, email text, code {binary});
"""
LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=60, lock_timeout_s=10)
LOG = {"postgresql": "dbops.audit_log", "sqlite": "dbops_audit_log"}
GUARDS = """
SELECT tgrelid::regclass, tgname FROM pg_trigger
WHERE tgname LIKE 'dbops_audit_refuse%' ORDER BY (SELECT relkind FROM pg_class WHERE oid = tgrelid) DESC
"""
TYPES = {
    "postgresql": {"number": "numeric(10,2)", "binary": "bytea"},
    "sqlite": {"number": "integer", "binary": "blob"},
}


@dataclass(frozen=True, slots=True)
class Audited:
    """A project whose staging database has tables that are to leave a trail."""

    path: Path
    dialect: str
    url: str
    capture: pytest.CaptureFixture[str]
    superuser_url: str = ""
    admin_url: str = ""

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of a gate; it rehearses on the server the tests have, which is cheaper than another one."""
        shadow = {"SHADOW_DATABASE_URL": self.admin_url} if self.admin_url else {}
        return {"STAGING_URL": self.url, **shadow}

    @property
    def config(self) -> Config:
        """The project's configuration."""
        return load_config(self.path / "dbops.toml", variables=self.variables)

    def configure(self, more: str, *, replacing: Mapping[str, str] | None = None) -> None:
        """Add to dbops.toml, or replace parts of it."""
        file = self.path / "dbops.toml"
        text = file.read_text(encoding="utf-8")
        for old, new in (replacing or {}).items():
            assert old in text
            text = text.replace(old, new)
        file.write_text(text + more, encoding="utf-8")

    def dbops(self, verb: str, *args: str) -> Answer:
        """Call `dbops audit VERB --env staging` in this process."""
        self.capture.readouterr()
        # What other tests have open on the same server is waited for as well.
        patient = ("--wait", "60") if verb == "seal" and "--wait" not in args else ()
        code = main(["audit", verb, "--env", "staging", *args, *patient])
        captured = self.capture.readouterr()
        return Answer(code, captured.out, captured.err)

    def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own, as the owner of everything."""
        with self.connect() as execute:
            for statement in statements:
                execute(statement)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return rows."""
        with self.connect() as execute:
            return execute(sql)

    @contextmanager
    def connect(self, *, as_superuser: bool = False) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """Open one autocommit connection and give what runs one statement on it."""
        if self.dialect == "sqlite":
            with closing(
                sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None, timeout=60)
            ) as lite:
                lite.execute("PRAGMA synchronous = OFF")
                yield lambda sql: lite.execute(sql).fetchall()
            return
        url = self.superuser_url if as_superuser else self.url
        with closing(psycopg.connect(url, autocommit=True)) as connection:

            def execute(sql: str) -> list[tuple[Any, ...]]:
                cursor = connection.execute(sql.encode())
                return cursor.fetchall() if cursor.description else []

            yield execute

    def entries(self, columns: str = "operation, tenant, row_key, changed") -> list[tuple[Any, ...]]:
        """Return all entries in order."""
        return self.rows(f"SELECT {columns} FROM {LOG[self.dialect]} ORDER BY id")

    def verified(self, anchor: str = "") -> Verified:
        """Verify the trail."""
        return verify(self.config, "staging", progress=lambda text: None, anchor=anchor).verified

    def faults(self) -> list[tuple[str, str]]:
        """Return what a verification finds: (kind, subject)."""
        return [(fault.kind.value, fault.subject) for fault in self.verified().faults]

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """Open a connection that seals."""
        with audit_for(self.dialect).open_writer(self.url, limits=LIMITS, application="tests") as writer:
            yield writer

    def unguarded(self, *statements: str) -> None:
        """Run statements as somebody who owns the trail and switches off what refuses."""
        if self.dialect == "postgresql":
            with self.connect() as execute:
                guards = execute(GUARDS)
                for table, name in guards:
                    execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
                for statement in statements:
                    execute(statement)
                for table, name in guards:
                    execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
            return
        with self.connect() as execute:
            kept = execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE 'dbops%'")
            for name, _ in kept:
                execute(f"DROP TRIGGER {name}")
            for statement in statements:
                execute(statement.replace("dbops.", "dbops_"))
            for _, sql in kept:
                execute(sql)


@pytest.fixture(params=PRODUCTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Each product in turn."""
    product: str = request.param
    return product


@pytest.fixture
def project(
    tmp_path: Path, dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Audited:  # fmt: skip
    """The project before its trail is installed."""
    for name in ("DBOPS_ENV", "DATABASE_URL", "SHADOW_DATABASE_URL", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "staging.sqlite3"
    if dialect == "postgresql":
        database = request.getfixturevalue("postgres_database")
        made = Audited(tmp_path, dialect, database.url, capsys, database.superuser_url, database.server.admin_url)
    else:
        file.touch(mode=0o600)
        made = Audited(tmp_path, dialect, f"sqlite:///{file}", capsys)
    monkeypatch.setenv("STAGING_URL", made.url)
    (tmp_path / "dbops.toml").write_text(CONFIG.format(dialect=dialect), encoding="utf-8")
    made.run(*statements_of(TABLES.format(**TYPES[dialect])))
    return made


@pytest.fixture
def audited(project: Audited) -> Audited:
    """The project with its trail."""
    # The tables are the same each time: what `install` does is asked once a product and month, and then only run.
    made_for = project.dialect, f"{datetime.now(UTC):%Y-%m}"
    statements = _INSTALLED.get(made_for)
    if statements is None:
        answer = project.dbops("install", "--format", "json")
        assert (answer.code, answer.err) == (0, "")
        _INSTALLED[made_for] = answer.json["statements"]
    else:
        with project.writer() as writer:
            writer.run(statements)
    return project


_INSTALLED: dict[tuple[str, str], Sequence[str]] = {}


def statements_of(script: str) -> Sequence[str]:
    """Return the statements of a script without bodies."""
    return [part.strip() for part in script.split(";") if part.strip()]
