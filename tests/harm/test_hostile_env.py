"""An env.py that is bound to the database under guard, in every way one is: the walk says so and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_dbops.cli import main
from pytest_dbops.config.logs import close_logging
from tests.fix_targets import PRODUCTS, Target

CONFIG = """
[project]
migrations = "migrations"

[env.staging]
url = "env:STAGING_URL"
kind = "staging"
dialect = "{product}"
"""
INI = """
[alembic]
script_location = migrations

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = CRITICAL
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(message)s
"""
REVISION = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "r1", None, None, None

def upgrade():
    op.execute("DELETE FROM invoice")

def downgrade():
    op.execute("DROP TABLE customer")
"""
RUN = """
from alembic import context

with {opened} as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
MODULE = "from sqlalchemy import create_engine\n\nengine = create_engine({url!r})\n"
BY_HAND = """
import {driver}

connection = {driver}.connect({dsn!r})
connection.execute("DELETE FROM invoice")
connection.commit()
"""
LOGS_AND_LEAVES = """
import os
from logging.config import fileConfig
from alembic import context

fileConfig(context.config.config_file_name)
os._exit(0)
"""
REFUSED = "instead of the scratch database they were given"
ENDED = "ended with 0: no word (does env.py, or what it imports, end the process by os._exit?)"
HOSTILE = {
    "an engine bound when a module is imported": (
        "from shop import engine\n" + RUN.format(opened="engine.connect()"),
        REFUSED,
    ),
    "a URL from a file": (
        "from pathlib import Path\nfrom sqlalchemy import create_engine\n"
        + RUN.format(opened="create_engine(Path('url.txt').read_text()).connect()"),
        REFUSED,
    ),
    "a driver by hand": (BY_HAND, REFUSED),
    "logging set up, and then the end of the process": (LOGS_AND_LEAVES, ENDED),
}


@dataclass(frozen=True, slots=True)
class Guarded:
    """A project, and the database that its gate is about; `judge` returns what the checks of revisions say."""

    path: Path
    target: Target
    product: str
    capture: pytest.CaptureFixture[str]

    @property
    def names(self) -> dict[str, str]:
        """What the sources above leave open."""
        url = self.target.url
        if self.product == "sqlite":
            return {"url": url, "dsn": url.removeprefix("sqlite:///"), "driver": "sqlite3"}
        return {"url": url.replace("postgresql://", "postgresql+psycopg://", 1), "dsn": url, "driver": "psycopg"}

    @property
    def refused(self) -> str:
        """How the database under guard is called in a message."""
        return urlsplit(self.target.url).path.rpartition("/")[2]

    def judge(self, env: str) -> tuple[int, list[dict[str, Any]]]:
        """Write env.py, judge the migrations, and return the exit code and the results."""
        (self.path / "migrations/env.py").write_text(env)
        (self.path / "shop.py").write_text(MODULE.format(**self.names))
        (self.path / "url.txt").write_text(self.names["url"])
        code = main(["health", "--env", "staging", "--category", "migrations", "--format", "json"])
        out, err = self.capture.readouterr()
        assert out, err
        return code, json.loads(out)["results"]


@pytest.fixture(params=PRODUCTS)
def guarded(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    scratch_postgres: object,
) -> Iterator[Guarded]:  # fmt: skip
    target: Target = request.getfixturevalue(f"{request.param}_target")
    (tmp_path / "migrations/versions").mkdir(parents=True)
    for name, text in {
        "dbops.toml": CONFIG.format(product=request.param),
        "alembic.ini": INI,
        "migrations/versions/r1.py": REVISION,
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("STAGING_URL", target.url)
    monkeypatch.chdir(tmp_path)
    yield Guarded(tmp_path, target, request.param, capsys)
    close_logging()


@pytest.mark.parametrize(("env", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_env_changes_nothing_and_the_finding_says_what_was_refused(
    env: str, said: str, guarded: Guarded
) -> None:
    before = guarded.target.state()

    code, results = guarded.judge(env.format(**guarded.names))

    assert guarded.target.state() == before
    applies = next(each for each in results if each["code"] == "MIG001")
    assert (code, applies["outcome"]) == (3, "inconclusive")
    assert said in applies["reason"]
    assert guarded.refused in applies["reason"] or said == ENDED
