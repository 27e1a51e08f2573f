"""What a server or libpq says, as this project's exceptions: one line, without values and secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import (
    CannotJudge,
    DamageFound,
    LockNotFree,
    LoginRefused,
    MissingPrivilege,
    NotReadable,
    TimedOut,
    Unreachable,
)

if TYPE_CHECKING:
    import psycopg

_OBJECT = re.compile(
    r"permission denied for (?P<kind>table|view|materialized view|sequence|schema|function|foreign table|"
    r"large object|column) (?P<name>\S+)"
)
_GRANTS = {"schema": "USAGE ON SCHEMA", "sequence": "SELECT ON SEQUENCE"}
_LOST = "the connection was lost"


def fault_of(error: psycopg.Error, role: str) -> CannotJudge:
    """Return the exception that says what the server said about a statement."""
    state = error.sqlstate or ""
    # libpq's own text goes on with lines of advice; the first says what happened.
    said = one_line(error.diag.message_primary or str(error).partition("\n")[0])
    if state == "42501":
        return _privilege_fault(error, said, role)
    if state == "57014":
        return TimedOut(f"{said} (raise the environment's statement_timeout_s, or ask for less)")
    if state == "55P03":
        return LockNotFree(f"lock not available: {said} (another transaction holds it; try again)")
    if state in _WRITES or (state == "0A000" and error.diag.source_function == "transformDeclareCursorStmt"):
        return NotReadable(f"the gate's session only reads: {said}")
    if state.startswith(("08", "57P")) or state in ("25P03", "25P04") or (not state and _is_lost(error)):
        return Unreachable(f"{_LOST}: {said}")
    if state in _DAMAGE:
        return DamageFound(f"{said} [{state}]")
    if state.startswith("22"):
        said = _without_values(said)
    return CannotJudge(f"{said}{_place(error)}" + (f" [{state}]" if state else ""))


def connect_fault(said: str, shown_url: str, timeout_s: float) -> Unreachable:
    """Return the one line that says why no connection came about; `said` is libpq's text, secrets masked."""
    for pattern, meaning in _LOGIN_FAULTS:
        if re.search(pattern, said, re.IGNORECASE):
            return LoginRefused(f"cannot open {shown_url}: {meaning}")
    for pattern, meaning in _CONNECT_FAULTS:
        if re.search(pattern, said, re.IGNORECASE):
            return Unreachable(f"cannot reach {shown_url}: {meaning.format(timeout_s=timeout_s)}")
    return Unreachable(f"cannot reach {shown_url}: {_last_line(said)}")


def one_line(text: str) -> str:
    """Return a text with every run of white space made one blank."""
    return " ".join(text.split())


def _privilege_fault(error: psycopg.Error, said: str, role: str) -> CannotJudge:
    # The text is translated by the server, the place in its source is not (PostgreSQL manual, "Message Fields").
    if error.diag.source_file == "rls.c":
        return MissingPrivilege(
            f"a row-level security policy hides rows from role {role!r}: {said} "
            f"(run as superuser: ALTER ROLE {_quoted(role)} BYPASSRLS, or judge with a role the policies do not bind)"
        )
    found = _OBJECT.search(said)
    if found is None:
        return MissingPrivilege(f"role {role!r}: {said} (dbops env grant prints the statements the role needs)")
    if found["kind"] == "function":
        return MissingPrivilege(f"role {role!r}: {said} ({_way_round(found['name'], role)})")
    grant = f"GRANT {_GRANTS.get(found['kind'], 'SELECT ON')} {found['name']} TO {_quoted(role)}"
    return MissingPrivilege(f"role {role!r}: {said} (run: {grant}; dbops env grant prints all it needs)")


def _way_round(function: str, role: str) -> str:
    """Return what to do about a function the role may not call; the server's own are kept from it for a reason."""
    if function.startswith(("pg_", "lo_")):
        return "what the server keeps from plain roles is not for a gate's role; ask a table or a view instead"
    return f"run: GRANT EXECUTE ON FUNCTION {function} TO {_quoted(role)}"


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'


def _is_lost(error: psycopg.Error) -> bool:
    import psycopg

    return isinstance(error, psycopg.OperationalError)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else "no reason was given"


def _without_values(said: str) -> str:
    """Mask what a data exception quotes: it may be a value of a row."""
    return re.sub(r'"[^"]*"', '"***"', said)


def _place(error: psycopg.Error) -> str:
    position, text = error.diag.statement_position, error.__dict__.get(STATEMENT)
    if not position or not isinstance(text, str):
        return ""
    line = text.count("\n", 0, int(position) - 1) + 1
    return f" (line {line} of the statement)" if "\n" in text else ""


STATEMENT = "dbops_statement"
"""Attribute under which the session leaves the text of the statement on the driver's exception."""

_WRITES = frozenset({"25006", "25001", "25P01", "3B001", "2D000", "25000"})
"""SQLSTATEs of statements that would write, or leave the transaction (PostgreSQL manual, appendix A)."""

_DAMAGE = frozenset({"XX001", "XX002"})
"""data_corrupted, index_corrupted."""

_LOGIN_FAULTS = (
    (r"password authentication failed|no password supplied|authentication failed", "the server refused the login"
     " (wrong user or password, or pg_hba.conf wants another way to log in)"),
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects", "pg_hba.conf of the server does not let this host and user in"),
    (r"role \"[^\"]*\" does not exist", "the user does not exist on the server"),
    (r"is not permitted to log in", "the role may not log in (ALTER ROLE ... LOGIN)"),
    (r"database \"[^\"]*\" does not exist", "there is no such database on the server"),
    (r"permission denied for database", "the role has no CONNECT right on the database (GRANT CONNECT ON DATABASE)"),
)  # fmt: skip
"""How a server refuses a login; libpq gives no SQLSTATE for a failed connection."""

_CONNECT_FAULTS = (
    (r"too many clients|too many connections|remaining connection slots", "the server has no free connection"),
    (r"starting up|shutting down|in recovery mode|not yet accepting", "the server is starting up or shutting down"),
    (r"translate host name|resolve host|name or service not known|nodename nor servname|temporary failure in name",
     "the host name is unknown"),
    (r"timeout expired|timed out|connection ?timeout", "no answer within {timeout_s:g} s"
     " (connect_timeout_s; is a firewall in between?)"),
    (r"connection refused", "connection refused (nothing listens on that host and port)"),
    (r"no such file or directory", "there is no server socket in that directory (is the server up?)"),
    (r"network is unreachable|no route to host", "there is no route to the host"),
    (r"ssl|tls|certificate", "TLS could not be agreed on (sslmode, certificate or key)"),
    (r"server closed the connection|connection reset", "the server closed the connection while it was being made"),
)  # fmt: skip
"""libpq gives no SQLSTATE for a failed connection; a translated server text falls back to its last line."""
