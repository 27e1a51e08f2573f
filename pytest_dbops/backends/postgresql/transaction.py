"""The one transaction of a gate's session: how it begins, and how one proves that it is still the same.

A setting is no protection, since a session can set it back. A READ ONLY transaction that has run its first
query is one: PostgreSQL refuses to make it READ WRITE (PostgreSQL manual, SET TRANSACTION). Its settings are
local to it, so that a pooler's next client never meets them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_dbops.backends.postgresql.pipeline import Row, Wire, fetched, send
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Limits

UNDO = "ROLLBACK TO SAVEPOINT dbops"
"""Undoes a statement and frees its locks; the transaction and its snapshot stay."""

IDLE_LIMIT_S = 1800
"""The server ends a session whose gate has been silent this long: its snapshot keeps dead rows from vacuum."""


@frozen
class Mark:
    """What tells one transaction from another: the server process, its beginning, and its settings."""

    pid: int
    started: str
    settings: Mapping[str, str]


def is_pooled(wire: Wire) -> bool:
    """Tell whether a pooler stands between: the server process is not the one the client was told of.

    A pooler makes up the process number it tells a client (for cancel requests), since its server connections
    change. A direct connection is also made read-only by default, so that even what is sent behind the
    session's back, outside of its transaction, does not write.
    """
    told = wire.connection.info.backend_pid
    [cursor] = send(wire, [("SELECT pg_catalog.pg_backend_pid() AS pid", None)])
    if fetched(cursor)[0]["pid"] != told:
        return True
    send(wire, [("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", None)])
    return False


def begin(wire: Wire, limits: Limits) -> Mark:
    """Enter the read-only transaction with its settings and its savepoint; one round trip."""
    wanted = {
        "row_security": "off",
        "standard_conforming_strings": "on",
        "intervalstyle": "postgres",
        "cursor_tuple_fraction": "1",
        "statement_timeout": _milliseconds(limits.statement_timeout_s),
        "lock_timeout": _milliseconds(limits.lock_timeout_s),
        "idle_in_transaction_session_timeout": _milliseconds(IDLE_LIMIT_S),
    }
    # The first query of the transaction is the one that sets; from here on it cannot become READ WRITE.
    setting = "SELECT " + ", ".join(
        f"pg_catalog.set_config('{name}', '{value}', TRUE)" for name, value in wanted.items()
    )
    cursors = send(
        wire,
        [
            ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", None),
            (setting, None),
            (_STATE, None),
            ("SAVEPOINT dbops", None),
        ],
    )
    state = fetched(cursors[2])[0]
    return Mark(pid=state.pop("pid"), started=state.pop("started"), settings=state)


def differences(mark: Mark, wire: Wire) -> list[str]:
    """Return what is no longer as it was when the transaction began, one phrase each; empty if all is."""
    [cursor] = send(wire, [(_STATE, None)])
    state = fetched(cursor)[0]
    found = []
    if state.pop("pid") != mark.pid:
        found.append("another server process answers")
    if state.pop("started") != mark.started:
        found.append("another transaction is open")
    found += _changed(mark.settings, state)
    return found


def _changed(before: Mapping[str, str], now: Row) -> list[str]:
    return [_phrase(name, value, now[name]) for name, value in before.items() if now[name] != value]


def _phrase(name: str, before: str, now: str) -> str:
    if name == "transaction_id":
        return "a transaction id was assigned, so something was written"
    return f"{name} was {before!r} and is {now!r}"


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))


_SETTINGS = (
    "transaction_read_only",
    "transaction_isolation",
    "row_security",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "search_path",
    "role",
    "session_authorization",
    "standard_conforming_strings",
)
_ADVISORY_LOCKS = """
  (SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid())
""".strip()
_EXPRESSIONS = {
    "pid": "pg_catalog.pg_backend_pid()",
    "started": "pg_catalog.date_part('epoch', pg_catalog.now())::pg_catalog.text",
    "transaction_id": "coalesce(pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text, '')",
    "advisory_locks": f"{_ADVISORY_LOCKS}::pg_catalog.text",
} | {name: f"pg_catalog.current_setting('{name}')" for name in _SETTINGS}
_STATE = "SELECT\n  " + ",\n  ".join(f"{expression} AS {name}" for name, expression in _EXPRESSIONS.items())
