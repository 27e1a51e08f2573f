"""Take a database's schema by pg_dump, which only reads, and put it into a scratch database, without rows."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.urls import parameters
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Limits

_OPTIONS = (
    "--schema-only", "--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions", "--no-tablespaces",
    "--no-security-labels", "--exclude-schema=dbops", "--no-password", "--file=-",
)  # fmt: skip
_VARIABLES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "passfile": "PGPASSFILE", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL", "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip
_LIMIT_S = 600
_THERE = frozenset({"public", "pg_catalog"})
_BACKSLASHED = re.compile(r"^\\.*$", re.MULTILINE)
_EXTENSION = re.compile(r"^CREATE EXTENSION IF NOT EXISTS (\S+) WITH SCHEMA (\S+);$", re.MULTILINE)
_POLICY = re.compile(r"^CREATE POLICY .*? TO (.+?)(?: USING \(| WITH CHECK \(|;)", re.MULTILINE)
# Triggers of this tool, whose functions stay behind with its schema.
_OWN_TRIGGER = re.compile(
    r"^(?:CREATE TRIGGER dbops_\w+ [^\n]* EXECUTE FUNCTION dbops\.\w+\([^\n]*\)"
    r"|ALTER TABLE [^\n]* (?:ENABLE ALWAYS|ENABLE REPLICA|DISABLE) TRIGGER dbops_\w+);$",
    re.MULTILINE,
)
_OF_EXTENSION = re.compile(r"^COMMENT ON EXTENSION .*;$", re.MULTILINE)
# What the scratch database has already, and settings that older servers do not know (PostgreSQL 17 added it).
_KNOWN = re.compile(
    r"^(CREATE SCHEMA public|COMMENT ON SCHEMA public IS .*|SET transaction_timeout = 0);$", re.MULTILINE
)


@frozen
class DumpedSchema:
    """A schema as SQL, and what only a superuser can make of it.

    extensions: name and schema, as they are written; roles: those that policies name.
    """

    extensions: tuple[tuple[str, str], ...]
    roles: tuple[str, ...]
    text: str


def dump_schema(url: str, tool: Path, *, limits: Limits) -> DumpedSchema:
    """Return the schema of the database behind a URL, without the tool's own.

    pg_dump reads in one READ ONLY transaction and locks tables as a SELECT does; how long it waits for that is
    limited. Raises CannotJudge, one line, when it is refused.
    """
    variables = libpq_variables(url, application="pytest-dbops schema")
    variables.setdefault("PGCONNECT_TIMEOUT", f"{max(2, round(limits.connect_timeout_s))}")
    waiting = f"--lock-wait-timeout={round(limits.lock_timeout_s * 1000)}"
    try:
        done = subprocess.run(
            [tool, waiting, *_OPTIONS], env=variables, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise CannotJudge(f"pg_dump does not run: {type(err).__name__}") from err
    if done.returncode and "statement timeout" in done.stderr:
        raise CannotJudge(
            f"the schema cannot be copied: somebody locks a table for longer than {limits.lock_timeout_s:g} s (run it"
            " again when that session has ended)"
        )
    if done.returncode:
        raise CannotJudge(f"pg_dump cannot read the schema: {first_error(done.stderr)}")
    return _parsed(_OWN_TRIGGER.sub("", _KNOWN.sub("", _BACKSLASHED.sub("", done.stdout))))


def libpq_variables(url: str, *, application: str) -> dict[str, str]:
    """Return the environment in which a program of PostgreSQL's reaches the database behind a URL.

    The password travels there, which others cannot read, and not in the arguments, which they can. Raises CannotJudge
    for a URL that leaves host and database to a service file.
    """
    given = parameters(url)
    if unknown := sorted(set(given) & {"service", "servicefile"}):
        raise CannotJudge(f"the database cannot be copied through a url with {unknown[0]!r} (give host and dbname)")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    variables |= {_VARIABLES[key]: value for key, value in given.items() if key in _VARIABLES}
    # A pooler refuses PGOPTIONS; pg_dump's one transaction is READ ONLY by its own doing.
    return variables | {"PGAPPNAME": application}


def prepare_database(schema: DumpedSchema, admin_url: str) -> tuple[str, ...]:
    """Make the extensions and roles of a schema as superuser, and return the roles that were made for it.

    Raises CannotJudge for an extension that the scratch server lacks.
    """
    made = []
    with closing(connect_admin(admin_url)) as admin:
        owner = admin.scalar("SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()")
        for place in sorted({place for _, place in schema.extensions} - _THERE):
            admin.execute(f"CREATE SCHEMA {place} AUTHORIZATION {owner}")
        for name, place in schema.extensions:
            try:
                admin.execute(f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {place}")
            except DbopsError as err:
                raise CannotJudge(
                    f"the scratch server cannot make the extension {name} of the target: {err} (install it there, or"
                    " lend a server that has it: SHADOW_DATABASE_URL)"
                ) from err
        for role in schema.roles:
            if not admin.scalar(f"SELECT to_regrole({_literal(role)})::text"):
                admin.execute(f"CREATE ROLE {role} NOLOGIN")
                made.append(role)
    return tuple(made)


def put_schema(schema: DumpedSchema, url: str, *, version_table: str, rows: Iterable[str]) -> None:
    """Run the schema in an empty database as its owner, and write the rows of the version table.

    version_table: with its schema. Raises CannotJudge with the server's message when it is not taken.
    """
    with closing(connect_admin(url)) as admin:
        try:
            admin.execute(schema.text)
            for row in rows:
                admin.execute(f"INSERT INTO {_quoted(version_table)} (version_num) VALUES ({_literal(row)})")  # noqa: S608  # both are quoted
        except DbopsError as err:
            raise CannotJudge(f"the target's schema is not taken by the scratch server: {err}") from err


def _parsed(text: str) -> DumpedSchema:
    """Return a dump with what a superuser makes beforehand taken out of its text."""
    extensions = tuple(_EXTENSION.findall(text))
    text = _OF_EXTENSION.sub("", text)
    for place in {place for _, place in extensions} - _THERE:
        text = re.sub(rf"^CREATE SCHEMA {re.escape(place)};$", "", text, flags=re.MULTILINE)
    named = {role.strip() for roles in _POLICY.findall(text) for role in roles.split(",")}
    return DumpedSchema(extensions, tuple(sorted(named - {"PUBLIC", "CURRENT_USER", "SESSION_USER"})), text)


def first_error(said: str) -> str:
    """Return what pg_dump complains of first, on one line of a bounded length."""
    lines = [line.partition("error: ")[2] or line for line in said.splitlines() if line.strip()]
    return " ".join(" ".join(lines[:2]).split())[:240] or "it does not say why"


def _quoted(table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
