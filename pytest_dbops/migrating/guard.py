"""Refuse every database connection of this process that does not lead to the database it was given.

A project's env.py may import an engine that is bound to a real database. In the process that runs it, every
SQLAlchemy engine and the usual drivers beneath (`drivers.py`) are listened to, and a connection to anything but the
scratch database is refused before it is made. The name of a scratch database is made up at random, so that an equal
name is proof enough on whatever server it is found.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from pytest_dbops.core.errors import PolicyRefused
from pytest_dbops.migrating.urls import url_written_like, with_server

SCRATCH = "scratch database"
USUAL_VARIABLES = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "DB_URL")

# PostgreSQL manual, libpq, "Environment Variables": all that lead elsewhere, or shape the session.
LIBPQ_VARIABLES = (
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE",
    "PGSERVICEFILE", "PGSYSCONFDIR", "PGREQUIREAUTH", "PGCHANNELBINDING", "PGOPTIONS", "PGSSLMODE", "PGREQUIRESSL",
    "PGSSLNEGOTIATION", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGREQUIREPEER",
    "PGGSSENCMODE", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGCLIENTENCODING",
)  # fmt: skip

_SQLITE_IN_MEMORY = ("", ":memory:")
_ATTACH = 24  # SQLITE_ATTACH of sqlite3.h; Python names no such constant before 3.11
_DENY = 1


class Place(NamedTuple):
    """Where a connection leads: a product, a server (host:port) and a database's name; of SQLite, a real path."""

    product: str
    server: str
    database: str

    @property
    def shown(self) -> str:
        """The database in words, without anything secret."""
        return f"{self.database!r} on {self.server}" if self.server else repr(self.database)


class Confinement:
    """The one database this process may connect to, and what it was kept from; `called` is what that one is."""

    def __init__(self, url: str, called: str = SCRATCH) -> None:
        self.allowed = place_of_url(url)
        self._called = called
        self.refused: list[str] = []

    def check(self, wanted: Place) -> None:
        """Raise PolicyRefused for any place but the allowed one and SQLite's own memory."""
        if wanted == self.allowed or (wanted.product == "sqlite" and wanted.database in _SQLITE_IN_MEMORY):
            return
        self.refused.append(
            f"the project's migrations or seeders connect to the database {wanted.shown} instead of the"
            f" {self._called} they were given (take the URL from alembic's config or from DATABASE_URL)"
        )
        raise PolicyRefused(self.refused[-1])

    def check_file(self, name: str) -> None:
        """Raise PolicyRefused for a SQLite file that is not the allowed one."""
        self.check(Place("sqlite", "", sqlite_file(name)))

    def authorize(self, action: int, name: str | None, *_: object) -> int:
        """Answer SQLite's authorizer: another file is not attached, which VACUUM INTO does as well."""
        if action != _ATTACH or name is None:
            return 0
        try:
            self.check_file(name)
        except PolicyRefused:
            return _DENY
        return 0


def redirect_variables(
    variables: MutableMapping[str, str], url: str, also: Collection[str], *, written: Mapping[str, str] | None = None
) -> None:
    """Point the usual URL variables, and those in `also`, to `url`; take libpq's own variables away.

    written: the scheme that a variable's URL had (`postgresql+asyncpg`), which it keeps where the driver is there.
    """
    for name in {*USUAL_VARIABLES, *also}:
        variables[name] = with_server(url_written_like(url, (written or {}).get(name, "")))
    for name in LIBPQ_VARIABLES:
        variables.pop(name, None)


def confine_engines(url: str, called: str = SCRATCH) -> Confinement:
    """Make every SQLAlchemy engine of this process refuse any database but the one behind `url`, in these words."""
    from sqlalchemy import Engine, event

    confinement = Confinement(url, called)

    def refuse_others(dialect: Any, record: Any, args: list[Any], parameters: Mapping[str, Any]) -> None:
        confinement.check(_place(dialect.name, args, parameters))

    def refuse_attaching(connection: Any, record: Any) -> None:
        if hasattr(connection, "set_authorizer"):
            connection.set_authorizer(confinement.authorize)

    event.listen(Engine, "do_connect", refuse_others)
    event.listen(Engine, "connect", refuse_attaching)
    return confinement


def place_of_url(url: str) -> Place:
    """Return where a SQLAlchemy URL leads."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Place("sqlite", "", sqlite_file(parsed.database or ""))
    query = {name: str(value) for name, value in parsed.query.items()}
    host, port = query.get("host", parsed.host), query.get("port", parsed.port)
    return server_place(parsed.get_backend_name(), host, port, parsed.database)


def server_place(product: str, host: object, port: object, database: object) -> Place:
    """Return where the parts of an address lead, with libpq's defaults."""
    return Place(product, f"{_first(host) or 'localhost'}:{_first(port) or 5432}", str(database or ""))


def sqlite_file(name: str) -> str:
    """Return the real path of a SQLite file's name or `file:` URI; databases in memory keep their name."""
    if name in _SQLITE_IN_MEMORY:
        return name
    plain = unquote(name.removeprefix("file:").partition("?")[0]) if name.startswith("file:") else name
    if plain in _SQLITE_IN_MEMORY or "mode=memory" in name:
        return ":memory:"
    return os.path.realpath(Path(plain))


def _place(dialect: str, args: list[Any], parameters: Mapping[str, Any]) -> Place:
    """Return where the arguments of a driver's `connect` lead."""
    if dialect == "sqlite":
        return Place("sqlite", "", sqlite_file(os.fspath(args[0] if args else parameters.get("database", ""))))
    host, database = parameters.get("host"), parameters.get("dbname") or parameters.get("database")
    elsewhere = parameters.get("service") or parameters.get("dsn") or parameters.get("conninfo")
    if elsewhere and not database:
        return Place(dialect, "a server of its own naming", "")
    return server_place(dialect, host, parameters.get("port"), database)


def _first(value: object) -> object:
    """Return a value, or the first of several hosts or ports."""
    return (value[0] if value else None) if isinstance(value, list | tuple) else value
