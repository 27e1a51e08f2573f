"""The connection that puts a database for tests back after each of them, in one round trip where nothing leaked."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.faults import one_line
from pytest_dbops.backends.postgresql.isolation.prepare import APPLICATION
from pytest_dbops.core.errors import Unreachable
from pytest_dbops.core.isolation import Leak, Settled, State

if TYPE_CHECKING:
    import psycopg

GRACE_S = 0.25
"""How long a connection that its client has closed may take to end at the server."""

MOST_IDLE = 10
"""Idle connections that may stay: those of a pool are no leak."""

_POLL_S = 0.002
_TIMEOUT_S = 10.0
_TERMINATE = "SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid"
_OF_THE_DATABASE = ("database", "watched", "large objects", "large object owners")
_ROLE_FACTS = (
    ("SUPERUSER", "NOSUPERUSER"), ("INHERIT", "NOINHERIT"), ("CREATEROLE", "NOCREATEROLE"),
    ("CREATEDB", "NOCREATEDB"), ("LOGIN", "NOLOGIN"), ("REPLICATION", "NOREPLICATION"), ("BYPASSRLS", "NOBYPASSRLS"),
)  # fmt: skip
_CONNECTION_LIMIT, _SETTINGS, _MEMBER_OF = 7, 10, 11


class PostgresqlKeeper:
    """See `core.isolation.Keeper`; `is_private`: whether roles and settings of the server are ours to mend."""

    def __init__(self, url: str, *, is_private: bool) -> None:
        self._connection: psycopg.Connection[Any] = connect(url, timeout_s=_TIMEOUT_S, application=APPLICATION)
        self._connection.prepare_threshold = 0
        self._is_private = is_private
        # Rows come back without triggers and foreign keys; to set it once keeps the plans of the way back cached.
        self._row("SELECT set_config('session_replication_role', 'replica', false)", ())
        self._since: str = self._row("SELECT pg_snapshot_xmax(pg_current_snapshot())::xid::text", ())[0]
        self._learn()

    def settle(self) -> Settled:
        """Put the database back; see the port."""
        leaks: list[Leak] = []
        deadline = time.monotonic() + GRACE_S
        while True:
            found = self._restored()
            others: Sequence[Mapping[str, Any]] = found["others"] or ()
            if found["state"] != State.OCCUPIED:
                break
            if time.monotonic() < deadline:
                time.sleep(_POLL_S)
                continue
            holding = [other for other in others if other["does"]]
            leaks += [Leak(_told(other)) for other in holding]
            self._row(_TERMINATE, ([other["pid"] for other in holding],))
        leaks += self._surplus(others)
        self._since = found.get("since", self._since)
        state = State(found["state"])
        if state is State.PRISTINE and found["sequences"]:
            state = State.RESTORED
        if found["around"] != self._summary:
            is_altered, mended = self._mended_around()
            leaks += mended
            state = State.ALTERED if is_altered else state
        return Settled(state, tuple(leaks))

    def close(self) -> None:
        """Close the connection; never raises."""
        import psycopg

        with suppress(psycopg.Error, OSError):
            self._connection.close()

    def _restored(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._row("SELECT dbops.fixture_restore(%s)", (self._since,))[0])
        return found

    def _row(self, sql: str, parameters: tuple[object, ...]) -> tuple[Any, ...]:
        import psycopg

        try:
            row: tuple[Any, ...] | None = self._connection.execute(sql.encode(), parameters).fetchone()
        except psycopg.Error as err:
            raise Unreachable(f"the test database is lost: {one_line(str(err))}") from None
        return row or ()

    def _surplus(self, others: Sequence[Mapping[str, Any]]) -> list[Leak]:
        """End connections that were left in such a number that no pool explains them."""
        surplus = others[: max(0, len(others) - MOST_IDLE)]
        if not surplus:
            return []
        self._row(_TERMINATE, ([other["pid"] for other in surplus],))
        return [Leak(f"{len(others)} connections open ({MOST_IDLE} may stay)")]

    def _learn(self) -> None:
        """Take what is around the tables now for what it should be."""
        self._summary, text = self._row("SELECT dbops.fixture_summary(), dbops.fixture_around()", ())
        self._around: dict[str, Any] = json.loads(text)

    def _mended_around(self) -> tuple[bool, list[Leak]]:
        """Return whether the database itself was altered, and what was mended of its server."""
        around = json.loads(self._row("SELECT dbops.fixture_around()", ())[0])
        is_altered = any(around[part] != self._around[part] for part in _OF_THE_DATABASE)
        leaks = self._mended(around) if self._is_private else []
        if not is_altered:
            self._learn()
        return is_altered, leaks

    def _mended(self, around: Mapping[str, Any]) -> list[Leak]:
        leaks = []
        before, after = self._around["roles"], around["roles"]
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                leaks.append(Leak(_told_of_role(name, before.get(name), after.get(name))))
                self._mend_role(name, before.get(name), after.get(name))
        if around["files"] != self._around["files"]:
            leaks.append(Leak("a setting of the server (ALTER SYSTEM)"))
            self._command("ALTER SYSTEM RESET ALL")
            self._command("SELECT pg_reload_conf()")
        return leaks

    def _mend_role(self, name: str, before: list[Any] | None, after: list[Any] | None) -> None:
        """Bring one role back to what it was; one that owns something in another database has to stay."""
        from psycopg.sql import SQL, Identifier, Literal

        role = Identifier(name)
        if before is None:
            self._command(SQL("DROP OWNED BY {}").format(role))
            self._command(SQL("DROP ROLE {}").format(role))
            return
        if after is None:
            self._command(SQL("CREATE ROLE {}").format(role))
        words = [yes if is_so else no for (yes, no), is_so in zip(_ROLE_FACTS, before, strict=False)]
        facts = SQL("ALTER ROLE {} WITH {} CONNECTION LIMIT {}")
        self._command(facts.format(role, SQL(" ").join(map(SQL, words)), Literal(before[_CONNECTION_LIMIT])))
        self._command(SQL("ALTER ROLE {} RESET ALL").format(role))
        for setting in before[_SETTINGS] or ():
            key, _, value = setting.partition("=")
            self._command(SQL("ALTER ROLE {} SET {} TO {}").format(role, Identifier(key), Literal(value)))
        for group in set((after or [None] * 12)[_MEMBER_OF] or ()) - set(before[_MEMBER_OF] or ()):
            self._command(SQL("REVOKE {} FROM {}").format(Identifier(group), role))
        for group in set(before[_MEMBER_OF] or ()) - set((after or [None] * 12)[_MEMBER_OF] or ()):
            self._command(SQL("GRANT {} TO {}").format(Identifier(group), role))

    def _command(self, statement: Any) -> None:
        import psycopg

        with suppress(psycopg.Error):  # what cannot be mended is found, and told, again after the next test
            self._connection.execute(statement, prepare=False)


def _told(other: Mapping[str, Any]) -> str:
    query = one_line(str(other["query"] or ""))
    return f"{other['does']} (last statement: {query})" if query else str(other["does"])


def _told_of_role(name: str, before: object, after: object) -> str:
    if before is None:
        return f"the role {name!r}, which was made"
    return f"the role {name!r}, which was {'dropped' if after is None else 'changed'}"
