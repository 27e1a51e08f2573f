"""A planted password and planted keys appear nowhere, whatever is asked and however it fails.

Looked at: standard output and error, every file of the project (reports, logs, caches), and the arguments of all
processes while the command runs, among them the servers, supervisors and children it starts.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from urllib.parse import quote

import pytest

from tests.secrets.conftest import KEY, OWNER, PASSWORD, Leavings, ProcessList, Vault, url_of

HANDSHAKE = '\n[env.staging.expect]\ndatabase = "another_database"\n'
ASKING = [
    ("health",),
    ("health", "--format", "json"),
    ("health", "--format", "nagios"),
    ("baseline", "write"),
    ("env", "ping"),
    ("gate", "-vv", "--tb=long", "--showlocals"),
    ("gate", "--format", "json", "--dbops-junit=strict"),
]
OFFLINE = [
    ("checks", "list"),
    ("checks", "show", "SCH003"),
    ("config", "show", "--origin"),
    ("config", "show", "--format", "json"),
    ("config", "validate"),
    ("env", "list"),
    ("env", "grant"),
    ("scratch", "status"),
    ("gate", "--collect-only", "-q"),
    ("--help",),
]


@pytest.mark.parametrize("words", [*ASKING, *OFFLINE], ids=" ".join)
def test_command_that_works_leaks_nothing(vault: Vault, words: tuple[str, ...]) -> None:
    vault.configure(url_of(vault.server.port))
    left = vault.dbops("--env", "staging", *words)
    assert left.code in ((0, 1, 2, 3) if "nagios" in words else (0, 1, 3, 5))
    assert left.leaks() == []


@pytest.mark.parametrize("by", ["env", "dotenv", "file", "cmd"])
def test_every_way_to_give_a_url_is_masked(vault: Vault, by: str) -> None:
    vault.configure(url_of(vault.server.port), by=by)
    assert vault.dbops("env", "ping", "staging").leaks() == []
    assert vault.dbops("health", "--env", "staging").leaks() == []
    assert vault.pytest("--dbops-env=staging").leaks() == []


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_refused_connection_leaks_nothing(vault: Vault, words: tuple[str, ...], refusing_port: int) -> None:
    vault.configure(url_of(refusing_port))
    left = vault.dbops("--env", "staging", *words)
    assert (left.code, left.leaks()) == (3, [])


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_wrong_password_leaks_nothing(vault: Vault, words: tuple[str, ...]) -> None:
    vault.configure(url_of(vault.server.port, user="clerk"))
    left = vault.dbops("--env", "staging", *words)
    assert (left.code, left.leaks()) == (3, [])


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_wrong_database_leaks_nothing(vault: Vault, words: tuple[str, ...]) -> None:
    vault.configure(url_of(vault.server.port), more=HANDSHAKE)
    left = vault.dbops("--env", "staging", *words)
    assert (left.code, left.leaks()) == (3, [])


def test_missing_database_leaks_nothing(vault: Vault) -> None:
    vault.configure(url_of(vault.server.port, database="there_is_none"))
    left = vault.dbops("--env", "staging", "env", "ping")
    assert (left.code, left.leaks()) == (3, [])


@pytest.mark.parametrize("words", [("env", "ping"), ("health",), ("gate", "-vv", "-l")], ids=" ".join)
def test_time_out_leaks_nothing(vault: Vault, words: tuple[str, ...], silent_port: int) -> None:
    vault.configure(url_of(silent_port))
    left = vault.dbops("--env", "staging", *words)
    assert (left.code, left.leaks()) == (3, [])


MALFORMED = [
    "postgresql://planted_reader:{0}@127.0.0.1:not-a-port/postgres",
    "postgresql://planted_reader:{0}@[::1/postgres",
    "mysql://planted_reader:{0}@127.0.0.1/postgres",
    "planted_reader:{0}@127.0.0.1/postgres",
    "postgresql://planted_reader:{0}@127.0.0.1:1/postgres?nonsense=1",
    "host=127.0.0.1 port=1 user=planted_reader password='{0}'",
]


@pytest.mark.parametrize("url", MALFORMED)
def test_malformed_url_leaks_nothing(vault: Vault, url: str) -> None:
    vault.configure(url.format(PASSWORD))
    for words in (("env", "ping", "staging"), ("env", "grant", "staging"), ("health", "--env", "staging")):
        left = vault.dbops(*words)
        assert left.leaks() == []
        assert left.code in (0, 2, 3)
    assert vault.pytest("--dbops-env=staging").leaks() == []


def test_url_in_place_of_a_name_is_not_repeated(vault: Vault) -> None:
    vault.configure(url_of(vault.server.port))
    left = vault.dbops("env", "ping", "staging", "--config", "/nowhere/" + "dbops.toml")
    assert (left.code, left.leaks()) == (2, [])


TELLING = [("health",), ("health", "--format", "json"), ("health", "--format", "nagios"), ("baseline", "write"),
           ("gate", "-vv", "--tb=long", "-l"), ("gate", "--format", "json")]  # fmt: skip


@pytest.mark.parametrize("words", TELLING, ids=" ".join)
def test_checks_of_the_project_cannot_tell_either(vault: Vault, words: tuple[str, ...]) -> None:
    vault.configure(url_of(vault.server.port))
    vault.tell()
    vault.variables["STAGING"] = url_of(vault.server.port)
    left = vault.dbops("--env", "staging", *words)
    assert (left.code in (1, 2, 3), left.leaks()) == (True, [])


@pytest.mark.parametrize(
    "words", [(), ("-n", "2"), ("--junit-xml=own.xml",), ("--capture=no", "--no-header")], ids=" ".join
)
def test_talkative_pytest_leaks_nothing(vault: Vault, words: tuple[str, ...]) -> None:
    vault.configure(url_of(vault.server.port))
    vault.tell()
    left = vault.pytest("--dbops-env=staging", *words)
    assert (left.code, left.leaks()) == (1, [])


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=" ".join)
def test_talkative_pytest_that_cannot_connect_leaks_nothing(vault: Vault, words: tuple[str, ...]) -> None:
    vault.configure(url_of(vault.server.port, user="clerk"))
    left = vault.pytest("--dbops-env=staging", *words)
    assert (left.code, left.leaks()) == (1, [])


EMBEDDED = """
[project]
migrations = "migrations"
checks = ["checks"]

[logging]
dir = "logs"
level = "DEBUG"

[env.testing]
url = "embedded:postgresql"

[env.staging]
url = "env:STAGING"
require = []
"""
ENV_PY = """
import os, time
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
revision, down_revision = "a1", None
def upgrade():
    {body}
def downgrade():
    pass
"""
BODIES = {
    "works": "pass",
    "breaks": "import os; raise RuntimeError(str(dict(os.environ)))",
}


HEALTH, GATE = ("health", "--env", "testing"), ("gate", "--env", "testing", "-vv", "-l")


@pytest.mark.parametrize(
    ("words", "body", "shadow"),
    [(HEALTH, "works", False), (GATE, "breaks", False), (HEALTH, "breaks", True), (GATE, "works", True)],
    ids=["health on our server", "gate that breaks", "health that breaks", "gate on a given server"],
)
def test_building_a_database_leaks_nothing(vault: Vault, words: tuple[str, ...], body: str, shadow: bool) -> None:
    vault.write("dbops.toml", EMBEDDED)
    vault.write("migrations/env.py", ENV_PY)
    vault.write("migrations/script.py.mako", "")
    vault.write("migrations/versions/a1.py", REVISION.format(body=BODIES[body]))
    vault.variables["STAGING"] = url_of(vault.server.port)
    if shadow:
        vault.server.run("CREATE DATABASE scratch_place")
        vault.variables["SHADOW_DATABASE_URL"] = url_of(vault.server.port, user=OWNER, database="scratch_place")
    left = vault.dbops(*words)
    if shadow:
        vault.server.run("DROP DATABASE scratch_place")
    assert left.leaks() == []
    assert left.code == (0 if body == "works" else 1)


def test_reports_that_cannot_be_written_leak_nothing(vault: Vault) -> None:
    vault.configure(url_of(vault.server.port))
    left = vault.pytest("--dbops-env=staging", "--dbops-report-dir=/dev/null/nowhere")
    assert (left.code != 0, left.leaks()) == (True, [])


def test_users_conftest_that_fails_leaks_nothing(vault: Vault) -> None:
    vault.configure(url_of(vault.server.port))
    vault.write("conftest.py", "import os\nraise RuntimeError(os.environ['STAGING'] + os.environ['JWT_SECRET'])\n")
    left = vault.pytest("--dbops-env=staging")
    assert (left.code, left.leaks()) == (4, [])


def test_projects_check_that_does_not_load_leaks_nothing(vault: Vault) -> None:
    vault.configure(url_of(vault.server.port))
    vault.write("checks/broken.py", "import os\nraise RuntimeError(os.environ['STAGING'] + os.environ['JWT_SECRET'])\n")
    for words in (
        ("config", "validate"),
        ("checks", "list"),
        ("health", "--env", "staging"),
        ("gate", "--env", "staging"),
    ):
        left = vault.dbops(*words)
        assert (left.code, left.leaks()) == (2, [])
    assert vault.pytest("--dbops-env=staging").leaks() == []


def test_metadata_that_does_not_import_leaks_nothing(vault: Vault) -> None:
    vault.configure(url_of(vault.server.port))
    vault.write("models.py", "import os\nraise RuntimeError(os.environ['JWT_SECRET'] + os.environ['ENCRYPTION_KEY'])\n")
    vault.write("dbops.toml", '[project]\nmetadata = "models:metadata"\n')
    left = vault.dbops("config", "validate")
    assert (left.code, left.leaks()) == (2, [])
    assert "RuntimeError" in left.texts["stdout"].decode()


FORMS_BY_NAME = {
    "plain": PASSWORD,
    "url": quote(PASSWORD, safe=""),
    "base64": base64.b64encode(PASSWORD.encode()).decode(),
    "urlsafe": base64.urlsafe_b64encode(PASSWORD.encode()).decode(),
    "json": json.dumps(PASSWORD),
    "hex key": KEY,
}


@pytest.mark.parametrize("form", FORMS_BY_NAME)
def test_this_suite_would_see_a_leak(form: str) -> None:
    assert len(Leavings(0, {"stdout": f"before {FORMS_BY_NAME[form]} after".encode()}).leaks()) >= 1


def test_this_suite_would_see_an_argument() -> None:
    word = "seen-among-arguments"  # not the password itself: tests beside this one look for that
    with ProcessList() as processes:
        subprocess.run([sys.executable, "-c", "import sys; sys.stdin.read(1)", word], input=b"x", check=True)
    assert any(word.encode() in arguments for arguments in processes.seen)
