"""Drop what runs left on a server given as a URL; a server of our own needs none of this, it goes as a whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.scratch import AdminConnection, ScratchServer
from pytest_dbops.provisioning.databases import identifier
from pytest_dbops.provisioning.marks import Mark, marked_databases, marked_roles


def drop_left_over(admin: AdminConnection) -> tuple[str, ...]:
    """Drop databases and roles of runs of this machine whose owners are dead; return the databases' names."""
    return _drop(admin, lambda mark: mark.is_left_over)


def drop_made_by_run(server: ScratchServer, admin: AdminConnection) -> tuple[str, ...]:
    """Drop all databases and roles of the server's own run; templates stay. Return the databases' names."""
    return _drop(admin, lambda mark: mark.run == server.run_id and not mark.is_shared)


def drop_templates(admin: AdminConnection) -> tuple[str, ...]:
    """Drop the templates that runs share; return their names."""
    templates = tuple(name for name, mark in marked_databases(admin).items() if mark.is_shared)
    for name in templates:
        admin.execute(f"ALTER DATABASE {identifier(name)} IS_TEMPLATE false")
        admin.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")
    return templates


def _drop(admin: AdminConnection, is_meant: Callable[[Mark], bool]) -> tuple[str, ...]:
    databases = [name for name, mark in marked_databases(admin).items() if is_meant(mark)]
    roles = [name for name, mark in marked_roles(admin).items() if is_meant(mark)]
    dropped = []
    for name in databases:
        with suppress(DbopsError):  # made by a role that this one may not act for
            admin.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")
            dropped.append(name)
    for name in roles:
        with suppress(DbopsError):  # it owns something in a database that is not ours
            admin.execute(f"DROP ROLE IF EXISTS {identifier(name)}")
    return tuple(dropped)
