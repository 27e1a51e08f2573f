"""Marks on databases and roles that tell on a server given as a URL which ones are ours, and of which run."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import AdminConnection, ScratchServer
from pytest_dbops.provisioning.processes import ProcessIdentity

MAKER = "pytest-dbops"
RUN_ID = re.compile(r"[0-9a-f]{8}_(\d+)_(\d+)")
DATABASES = """
SELECT coalesce(pg_catalog.json_object_agg(
           datname, coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '')
       ), '{}')::text
  FROM pg_catalog.pg_database
"""
ROLES = """
SELECT coalesce(pg_catalog.json_object_agg(
           rolname, coalesce(pg_catalog.shobj_description(oid, 'pg_authid'), '')
       ), '{}')::text
  FROM pg_catalog.pg_roles
"""


@frozen
class Mark:
    """Who made a database or a role; one that runs share belongs to no run's life.

    host: the machine of the run; only there can be told whether the run's owner lives.
    """

    made_by: str
    run: str
    host: str
    is_shared: bool

    @property
    def is_left_over(self) -> bool:
        """Whether it belongs to a run of this machine whose owner is dead."""
        owner = RUN_ID.fullmatch(self.run)
        if owner is None or self.is_shared or self.host != platform.node():
            return False
        return not ProcessIdentity(int(owner[1]), int(owner[2])).is_alive


def mark_of(server: ScratchServer, *, for_all_runs: bool = False) -> str:
    """Return the comment for what a run makes on a server."""
    return json.dumps(asdict(Mark(MAKER, server.run_id, platform.node(), for_all_runs)))


def marked_databases(admin: AdminConnection) -> dict[str, Mark]:
    """Return the databases of ours by name, in one query."""
    return _parse(admin.scalar(DATABASES))


def marked_roles(admin: AdminConnection) -> dict[str, Mark]:
    """Return the roles of ours by name, in one query."""
    return _parse(admin.scalar(ROLES))


def is_ours(admin: AdminConnection, name: str) -> bool:
    """Tell whether a database carries our mark; one that does not exist is nobody's and counts as ours."""
    comments: dict[str, str] = json.loads(str(admin.scalar(DATABASES)))
    return name not in comments or _parse_mark(comments[name]) is not None


def _parse(answer: object) -> dict[str, Mark]:
    comments: dict[str, str] = json.loads(str(answer))
    marks = {name: _parse_mark(comment) for name, comment in comments.items()}
    return {name: mark for name, mark in marks.items() if mark is not None}


def _parse_mark(comment: str) -> Mark | None:
    try:
        mark = Mark(**json.loads(comment))
    except (ValueError, TypeError):
        return None
    return mark if mark.made_by == MAKER else None
