"""Ask a PostgreSQL server where we are, and refuse to be anywhere else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import psycopg

from pytest_dbops.backends.postgresql.pipeline import Wire, fetched, send
from pytest_dbops.backends.postgresql.transaction import UNDO
from pytest_dbops.backends.postgresql.urls import is_this_machine, places_of
from pytest_dbops.backends.postgresql.versions import require_supported, version_of
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, WrongTarget
from pytest_dbops.core.session import Identity

_IDENTITY = """
SELECT
  pg_catalog.host(pg_catalog.inet_server_addr()) AS address,
  pg_catalog.current_setting('port') AS port,
  pg_catalog.current_database() AS database,
  current_user AS role,
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version,
  pg_catalog.current_setting('is_superuser') = 'on' AS is_superuser,
  pg_catalog.pg_is_in_recovery() AS in_recovery
"""

_MARKER_IS_READABLE = """
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'dbops' AND c.relname = 'marker' AND c.relkind = 'r'
"""

_MARKER = "SELECT environment::pg_catalog.text AS environment FROM dbops.marker LIMIT 2"


def identify(wire: Wire, expect: Expectation, *, is_pooled: bool) -> Identity:
    """Return where the session is; call it inside the transaction, where no pooler can switch the server.

    Asks for the marker, the first thing that is read from the database itself, only when host, database and
    role are those expected. Raises WrongTarget for what is not expected.
    """
    connection = wire.connection
    [cursor] = send(wire, [(_IDENTITY, None)])
    found = fetched(cursor)[0]
    version = version_of(found["version"])
    require_supported(version)
    _require_host(connection, found["address"], found["port"], expect.host)
    _require("database", found["database"], expect.database)
    _require("role", found["role"], expect.role)
    marker = _read_marker(wire, is_expected=expect.marker is not None)
    _require("marker", marker, expect.marker)
    return Identity(
        host=_shown_place(found["address"] or connection.info.host, found["port"]),
        database=found["database"],
        role=found["role"],
        marker=marker,
        server="PostgreSQL " + ".".join(map(str, version)),
        version=version,
        is_superuser=found["is_superuser"],
        is_pooled=is_pooled,
        in_recovery=found["in_recovery"],
    )


def _read_marker(wire: Wire, *, is_expected: bool) -> str | None:
    """Return the environment's name from the tool's own table; None where there is none, or it is not readable."""
    [cursor] = send(wire, [(_MARKER_IS_READABLE, None)])
    rows = fetched(cursor)
    if not rows or not rows[0]["readable"]:
        return None
    try:
        [cursor, _] = send(wire, [(_MARKER, None), (UNDO, None)])
    except CannotJudge:
        if is_expected or wire.connection.closed:
            raise
        send(wire, [(UNDO, None)])
        return None
    names = [row["environment"] for row in fetched(cursor)]
    if len(names) > 1:
        raise WrongTarget("table dbops.marker holds more than one row; it must name one environment")
    return names[0] if names else None


def _require(what: str, found: str | None, expected: str | None) -> None:
    if expected is not None and found != expected:
        is_there = f"is {found!r}" if found is not None else "is not there"
        raise WrongTarget(f"the {what} {is_there}, but {expected!r} is declared; nothing was read (mend the url)")


def _require_host(connection: psycopg.Connection[Any], address: str | None, port: str, expected: str | None) -> None:
    if expected is None:
        return
    host, wanted_port = places_of(expected)
    here = {_folded(place) for place in (address, connection.info.host, connection.info.hostaddr) if place}
    ports = {port, str(connection.info.port)}
    if (not wanted_port or wanted_port in ports) and not here.isdisjoint(_names_of(host)):
        return
    place = _shown_place(address or connection.info.host, port)
    raise WrongTarget(f"the host is {place!r}, but {expected!r} is declared; nothing was read (mend the url)")


def _names_of(host: str) -> set[str]:
    return {_folded(host), *_addresses_of(host)}


def _addresses_of(host: str) -> Iterator[str]:
    if host.startswith("/") or is_this_machine(host):
        return
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    yield from (str(address[4][0]) for address in found)


def _folded(place: str) -> str:
    return "localhost" if is_this_machine(place) else place.lower().rstrip(".")


def _shown_place(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
