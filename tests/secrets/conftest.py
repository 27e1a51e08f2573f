"""A project whose password and keys are planted, everything a command leaves, and a look at the process list."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.cli.conftest import ENTRY, OF_THE_TOOL
from tests.fix_project import LEAN, OWN_CHECK
from tests.fix_tcp_postgres import TcpPostgres, free_port

PASSWORD = "pl4nted p@ss/w\"rd'%41+\\ü"
KEY = bytes(range(7, 39)).hex()
TOKEN = "jwt-pl4nted-s3cret-of-more-than-32-characters"
SECRETS = (PASSWORD, KEY, TOKEN)
ROLE = "planted_reader"
OWNER = "planted_owner"

CONFIG = """
[project]
checks = ["checks"]

[logging]
dir = "logs"
level = "DEBUG"

[env.staging]
url = "{reference}"
require = []
connect_timeout_s = 2
required_variables = [{{ name = "JWT_SECRET", min_length = 32 }}]
{more}
"""
TELLTALE_PYTHON = """
import os
from pytest_dbops import Finding, Severity, check

@check("OWN001", severity=Severity.ERROR)
def says_what_it_should_not(session):
    \"\"\"A check of the project tells its secrets.\"\"\"
    told = {name: os.environ.get(name, "") for name in ("STAGING", "ENCRYPTION_KEY", "JWT_SECRET", "PLANTED")}
    for name, value in told.items():
        yield Finding(value or name, f"{name} is {value}", hint=f"echo {value}", evidence=({name: value, value: 1},))

@check("OWN002", severity=Severity.ERROR)
def breaks_over_a_secret(session):
    \"\"\"A check of the project breaks.\"\"\"
    url, token = os.environ.get("STAGING", ""), os.environ.get("JWT_SECRET", "")
    raise RuntimeError(f"cannot use {url} with {token} and {os.environ.get('PLANTED', '')}")
"""
TELLTALE_SQL = """-- code: OWN003
-- severity: error
SELECT '{password}' AS password, '{key}' AS key
"""


def forms_of(secret: str) -> set[bytes]:
    """Return every way a secret could be written in an output or an argument."""
    raw = secret.encode()
    texts = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1]}
    texts |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], secret.replace("'", "''")}
    texts |= {secret.replace("&", "&amp;").replace('"', "&quot;").replace("'", "&apos;"), raw.hex()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        texts |= {encode(raw).decode(), encode(raw).decode().rstrip("=")}
    return {text.encode() for text in texts}


FORMS = {form for secret in SECRETS for form in forms_of(secret)}


@dataclass
class ProcessList:
    """Looks at the arguments of all processes that begin while a block runs, again and again."""

    seen: set[bytes] = field(default_factory=set)
    rounds: int = 0

    def __enter__(self) -> ProcessList:
        self._others = frozenset(_processes())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.002):
            self.rounds += 1
            self._look()

    def _look(self) -> None:
        for name in set(_processes()) - self._others:
            with suppress(OSError):  # it may have ended by now
                self.seen.add(Path(f"/proc/{name}/cmdline").read_bytes())


def _processes() -> list[str]:
    return os.listdir("/proc")  # noqa: PTH208  # 500 times a second, at a tenth of what paths cost


@dataclass(frozen=True, slots=True)
class Leavings:
    """All that one call left: its outputs, the files of the project, and the arguments seen meanwhile."""

    code: int
    texts: Mapping[str, bytes]

    def leaks(self) -> list[str]:
        """Return where a secret stands, with what is around it; empty when nowhere."""
        found = []
        for place, text in self.texts.items():
            for form in FORMS:
                if (at := text.find(form)) >= 0:
                    found.append(f"{place}: ...{text[max(0, at - 60) : at + len(form) + 20]!r}")
        return found


@dataclass(frozen=True, slots=True)
class Vault:
    """A project with planted secrets; files in which they were planted are not looked at."""

    path: Path
    server: TcpPostgres
    planted_in: set[Path] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str, *, holds_secrets: bool = False) -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if holds_secrets:
            self.planted_in.add(file)
        return file

    def configure(self, url: str, *, by: str = "env", more: str = "") -> None:
        """Plant the URL as `env`, `file`, `cmd` or `.env`."""
        reference = {"env": "env:STAGING", "dotenv": "env:STAGING", "file": "file:url.txt", "cmd": "cmd:cat url.txt"}[
            by
        ]
        if by == "env":
            self.variables["STAGING"] = url
        elif by == "dotenv":
            self.write(".env", f"STAGING={url}\n", holds_secrets=True)
        else:
            self.write("url.txt", url, holds_secrets=True)
        self.write("dbops.toml", CONFIG.format(reference=reference, more=more))

    def tell(self) -> None:
        """Add checks of the project that tell what they know."""
        self.write("checks/telltale.py", TELLTALE_PYTHON)
        sql = TELLTALE_SQL.format(password=PASSWORD.replace("'", "''"), key=KEY)
        self.write("checks/telltale.sql", sql, holds_secrets=True)
        self.variables["PLANTED"] = PASSWORD

    def dbops(self, *words: str) -> Leavings:
        """Call the command in a process of its own."""
        return self._call([sys.executable, "-c", ENTRY, *words])

    def pytest(self, *words: str) -> Leavings:
        """Call pytest in a process of its own, as talkative as it can be."""
        talkative = ("-vv", "--tb=long", "-l", "--full-trace", "-ra", "--log-level=DEBUG", "-o", "log_cli=true", "-s")
        return self._call([sys.executable, "-m", "pytest", "-p", "no:randomly", *talkative, *words])

    def _call(self, command: Sequence[str]) -> Leavings:
        with ProcessList() as processes:
            done = subprocess.run(
                command, capture_output=True, cwd=self.path, timeout=120, check=False, env=self._environment()
            )  # fmt: skip
        assert processes.rounds > 1
        files = {
            str(file.relative_to(self.path)): file.read_bytes()
            for file in self.path.rglob("*")
            if file.is_file() and file not in self.planted_in and "__pycache__" not in file.parts
        }
        arguments = b"\n".join(processes.seen)
        return Leavings(
            done.returncode, {"stdout": done.stdout, "stderr": done.stderr, "process list": arguments, **files}
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OF_THE_TOOL}
        return {
            **kept, "ENCRYPTION_KEY": f"hex:{KEY}", "JWT_SECRET": TOKEN, "DBOPS_DEBUG": "1", "LOG_LEVEL": "DEBUG",
            "PYTEST_ADDOPTS": LEAN, **self.variables,
        }  # fmt: skip


@pytest.fixture(scope="module")
def planted_server(tcp_postgres: TcpPostgres) -> TcpPostgres:
    """A server whose reader has the planted password, and which asks for it (SCRAM)."""
    literal = "'" + PASSWORD.replace("'", "''") + "'" if "\\" not in PASSWORD else _escaped(PASSWORD)
    tcp_postgres.run(
        f"CREATE ROLE {ROLE} LOGIN PASSWORD {literal}",
        f"CREATE ROLE {OWNER} LOGIN SUPERUSER PASSWORD {literal}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}",
    )
    return tcp_postgres


def _escaped(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.fixture
def vault(tmp_path: Path, planted_server: TcpPostgres) -> Vault:
    """An empty project."""
    made = Vault(tmp_path, planted_server)
    made.write("checks/nothing_is_odd.sql", OWN_CHECK)
    return made


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def refusing_port() -> int:
    """A port on which nobody listens."""
    return free_port()


def url_of(port: int, *, password: str = PASSWORD, user: str = ROLE, database: str = "postgres") -> str:
    """Return the URL with the planted password."""
    return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{port}/{database}"
