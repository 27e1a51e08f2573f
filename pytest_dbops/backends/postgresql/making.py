"""Make the database that a URL names, where the server has none of that name; asked for by name only."""

from __future__ import annotations

from contextlib import closing

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.urls import parameters
from pytest_dbops.core.errors import ConfigError, DbopsError


def create_missing_database(url: str, *, maintenance: str) -> bool:
    """Make the database behind a plain `postgresql://` URL; returns whether there was none.

    maintenance: a database of the server that is always there. Where the login cannot enter it, nothing is made, and
    whoever opens the database itself says what is wrong. Raises DbopsError when the server refuses to make it.
    """
    name = parameters(url).get("dbname", "")
    if not name:
        raise ConfigError("the url names no database")
    try:
        admin = connect_admin(_in_database(url, maintenance))
    except DbopsError:
        return False
    with closing(admin):
        if admin.scalar(f"SELECT 1 FROM pg_catalog.pg_database WHERE datname = {_literal(name)}") is not None:  # noqa: S608
            return False
        admin.execute('CREATE DATABASE "' + name.replace('"', '""') + '"')
    return True


def _in_database(url: str, name: str) -> str:
    before, _, after = url.partition("://")
    place, slash, rest = after.partition("/")
    _, question, query = rest.partition("?")
    return f"{before}://{place}{slash}{name}{question}{query}"


def _literal(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
