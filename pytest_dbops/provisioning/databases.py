"""Make and drop databases and roles on a scratch server; never touches one that we did not make."""

from __future__ import annotations

import itertools
import os
import re

from pytest_dbops.core.errors import PolicyRefused, UsageError
from pytest_dbops.core.scratch import AdminConnection, ScratchServer
from pytest_dbops.provisioning.marks import is_ours, mark_of

PREFIX = "dbops"
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
BUILT_IN = ("postgres", "template0", "template1")
FILE_COPY_SINCE = 15

_numbers = itertools.count(1)


def new_name(server: ScratchServer) -> str:
    """Return a name no other database has: it carries the run, its owner, and this process."""
    return f"{PREFIX}_{server.run_id}_{os.getpid():x}_{next(_numbers)}"


def create_database(
    server: ScratchServer, admin: AdminConnection, name: str, *, template: str = "template0", owner: str | None = None
) -> None:
    """Create a database, marked as ours where others may live beside it.

    On a server of our own the files are copied (twice as fast there); on a shared one the pages go through
    the log, which spares the others a forced checkpoint.
    """
    parts = [f"CREATE DATABASE {identifier(name)} TEMPLATE {identifier(template)}"]
    if owner is not None:
        parts.append(f"OWNER {identifier(owner)}")
    if server.is_private and server.major >= FILE_COPY_SINCE:
        parts.append("STRATEGY FILE_COPY")
    admin.execute(" ".join(parts))
    if not server.is_private:
        mark_database(admin, name, mark_of(server))


def drop_database(server: ScratchServer, admin: AdminConnection, name: str) -> None:
    """Drop a database of ours with all its connections; raises PolicyRefused for any other database."""
    if name in BUILT_IN or not (server.is_private or is_ours(admin, name)):
        raise PolicyRefused(f"the database {name!r} was not made by dbops and is not dropped")
    admin.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")


def create_role(server: ScratchServer, admin: AdminConnection, name: str) -> None:
    """Create a plain login role without any privilege, unless it exists; `server.url(..., role=)` logs in."""
    password = server.role_password(name)
    protection = f"PASSWORD {literal(password.reveal())}" if password else ""
    mark = "" if server.is_private else f"COMMENT ON ROLE {identifier(name)} IS {literal(mark_of(server))};"
    admin.execute(
        f"DO $$ BEGIN CREATE ROLE {identifier(name)} LOGIN {protection}; {mark}"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )


def mark_database(admin: AdminConnection, name: str, mark: str) -> None:
    """Write a mark into a database's comment."""
    admin.execute(f"COMMENT ON DATABASE {identifier(name)} IS {literal(mark)}")


def identifier(name: str) -> str:
    """Return a name quoted for SQL; raises UsageError for names that we would never make."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a scratch database or role;"
            " allowed: lower-case letters, digits, underscores, at most 63"
        )
    return f'"{name}"'


def literal(text: str) -> str:
    """Return a text quoted for SQL, whatever `standard_conforming_strings` says."""
    return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
