"""A project on a SQLite file, and the command `dbops` called in this process or in its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_dbops.cli import main
from pytest_dbops.config.logs import close_logging
from tests.cli.maintained import Maintained
from tests.cli.migrations import CONFIG as CONFIG_WITH_MIGRATIONS
from tests.cli.migrations import TEMPLATE, Migrations
from tests.fix_project import CONFIG, LEAN, OWN_CHECK, SOUND
from tests.provisioning.conftest import wait_for

if TYPE_CHECKING:
    from tests.cli.sealed import Sealed

ENTRY = "import sys; from pytest_dbops.cli import main; sys.exit(main())"
OF_THE_TOOL = ("DBOPS_ENV", "DATABASE_URL", "SHADOW_DATABASE_URL", "PYTEST_ADDOPTS", "NO_COLOR", "FORCE_COLOR",
               "DBOPS_DEBUG", "LOG_LEVEL", "COLUMNS")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder in which `dbops` is called."""

    path: Path
    capture: pytest.CaptureFixture[str]

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def append(self, text: str) -> None:
        """Add to dbops.toml."""
        with (self.path / "dbops.toml").open("a", encoding="utf-8") as file:
            file.write(text)

    def sql(self, script: str) -> None:
        """Run a script on the database."""
        with closing(sqlite3.connect(self.path / "staging.sqlite3")) as connection:
            connection.executescript(script)
        (self.path / "staging.sqlite3").chmod(0o600)

    def dbops(self, *args: str) -> Answer:
        """Call the command in this process."""
        self.capture.readouterr()
        code = main(args)
        captured = self.capture.readouterr()
        return Answer(code, captured.out, captured.err)

    def dbops_apart(self, *args: str, variables: Mapping[str, str] | None = None) -> Answer:
        """Call the command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", ENTRY, *args], capture_output=True, text=True, cwd=self.path, timeout=120,
            env={**os.environ, **(variables or {})}, check=False,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)

    def dbops_interrupted(self, *args: str) -> Answer:
        """Call the command in a process of its own, and interrupt it once the file `reached` is there."""
        with subprocess.Popen(
            [sys.executable, "-c", ENTRY, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.path, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                wait_for(lambda: (self.path / "reached").exists() or process.poll() is not None, patience_s=60)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
            finally:
                process.kill()
        return Answer(process.returncode, out, err)


WAITS = """
import threading
from pathlib import Path
from pytest_dbops import Severity, check

@check("OWN001", severity=Severity.ERROR)
def waits_for_ever(session):
    Path("reached").touch()
    threading.Event().wait()
"""
"""A check of one's own that tells it was reached, and then never ends."""


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose staging database is sound."""
    for name in OF_THE_TOOL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, capsys)
    made.write("dbops.toml", CONFIG)
    made.write("checks/nothing_is_odd.sql", OWN_CHECK)
    made.sql(SOUND)
    return made


@pytest.fixture
def spoil(project: Project) -> Callable[[], None]:
    """A function that makes the database one that blocks."""
    return lambda: project.sql("CREATE TABLE note (text text) STRICT;")


@pytest.fixture(autouse=True)
def no_open_logs() -> Any:
    """Leave no log of one test to the next."""
    yield
    close_logging()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each product in turn."""
    product: str = request.param
    return product


@pytest.fixture
def migrations(
    project: Project, dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Migrations:
    """A project with an env.py and no revision yet, whose staging database is empty."""
    url = f"sqlite:///{project.path / 'target.sqlite3'}"
    if dialect == "postgresql":
        url = request.getfixturevalue("postgres_database").url
    monkeypatch.setenv("STAGING_URL", url)
    made = Migrations(project, url)
    project.write("dbops.toml", CONFIG_WITH_MIGRATIONS.format(dialect=dialect))
    project.write("migrations/script.py.mako", TEMPLATE)
    made.env()
    made.sql("SELECT 1")
    return made


@pytest.fixture
def maintained(
    project: Project, dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Maintained:
    """A project whose staging database is empty and may be written to."""
    url = f"sqlite:///{project.path / 'target.sqlite3'}"
    if dialect == "postgresql":
        url = request.getfixturevalue("postgres_database").url
    monkeypatch.setenv("STAGING_URL", url)
    made = Maintained(project, dialect, url)
    made.configure()
    made.sql("SELECT 1")
    return made


@pytest.fixture
def sealed(maintained: Maintained, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sealed]:
    """A project with the empty tables of a shop with encrypted columns, an old key that is retired and a new one."""
    from tests.cli.sealed import keep, sealed_of
    from tests.crypto.rings import root

    for name in ("old", "new", "index", "stranger"):
        monkeypatch.setenv(f"KEY_{name.upper()}", f"hex:{root(name).hex()}")
    made = sealed_of(maintained)
    yield made
    made.engine.dispose()
    keep(made)


@pytest.fixture
def own_scratch(dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rehearse on the server the tests have, which is cheaper than to start another one."""
    if dialect == "postgresql":
        monkeypatch.setenv("SHADOW_DATABASE_URL", request.getfixturevalue("postgres_server").admin_url)
