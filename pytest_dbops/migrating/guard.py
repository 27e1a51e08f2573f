"""Refuse every SQLAlchemy connection of this process that does not lead to the database it was given.

A project's env.py may import an engine that is bound to a real database. In the process that runs it, every
engine is listened to, and a connection to anything but the scratch database is refused before it is made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from pytest_dbops.core.errors import PolicyRefused

USUAL_VARIABLES = ("DATABASE_URL", "SQLALCHEMY_DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "DB_URL")
_LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSERVICE", "PGPASSFILE")


def redirect_variables(variables: MutableMapping[str, str], url: str, also: tuple[str, ...]) -> None:
    """Point the usual URL variables, and those in `also`, to `url`; take libpq's own variables away."""
    for name in (*USUAL_VARIABLES, *also):
        variables[name] = url
    for name in _LIBPQ_VARIABLES:
        variables.pop(name, None)


def confine_engines(url: str) -> None:
    """Make every SQLAlchemy engine of this process refuse any database but the one behind `url`."""
    from sqlalchemy import Engine, event, make_url

    allowed = _place(make_url(url).get_dialect()().name, *_arguments(url))

    def refuse_others(dialect: Any, record: Any, args: list[Any], parameters: Mapping[str, Any]) -> None:
        wanted = _place(dialect.name, args, parameters)
        if wanted not in (allowed, ("sqlite", ":memory:", "")):
            raise PolicyRefused(
                f"the project's migrations or seeders connect to {wanted[2] or wanted[1]!r} instead of the scratch "
                f"database they were given (read the URL from alembic's config or from DATABASE_URL)"
            )

    event.listen(Engine, "do_connect", refuse_others)


def _arguments(url: str) -> tuple[list[Any], Mapping[str, Any]]:
    from sqlalchemy import make_url

    parsed = make_url(url)
    args, parameters = parsed.get_dialect()().create_connect_args(parsed)
    return list(args), parameters


def _place(dialect: str, args: list[Any], parameters: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return (product, server, database) that connection arguments lead to."""
    if dialect == "sqlite":
        name = str(args[0]) if args else str(parameters.get("database", ":memory:"))
        return ("sqlite", name, "") if name in ("", ":memory:") else ("sqlite", os.path.realpath(_path_of(name)), "")
    host = str(parameters.get("host", "")) or "localhost"
    port = str(parameters.get("port", "") or "5432")
    database = str(parameters.get("dbname") or parameters.get("database") or "")
    return dialect, f"{host}:{port}", database


def _path_of(name: str) -> Path:
    return Path(name.removeprefix("file:").partition("?")[0])
