"""A revision that was begun by a deploy that did not live to tell: look at what it left, take that away, or say so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_dbops.core.deploy.journal import Doubt
from pytest_dbops.core.errors import Blocked
from pytest_dbops.migrating.deploying.beside import Beside
from pytest_dbops.migrating.failures import one_line

if TYPE_CHECKING:
    from sqlalchemy import Connection

_CONCURRENT = re.compile(
    r"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<index>\"[^\"]+\"|\w+)\s+ON\s+"
    r"(?:ONLY\s+)?(?P<table>(?:(?:\"[^\"]+\"|\w+)\.)?(?:\"[^\"]+\"|\w+))",
    re.IGNORECASE,
)
_INDEX = """
SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = pg_catalog.to_regclass(%(table)s)
AND c.relname = %(index)s
"""


def index_of(statement: str, connection: Connection) -> str:
    """Return as JSON the index a statement is about to build outside of a transaction; empty when it builds none.

    An index of that name that is there already is not this statement's, whatever becomes of it.
    """
    found = _CONCURRENT.match(statement)
    if found is None:
        return ""
    # A name is folded as the server folds it; a quoted one is not.
    index = found["index"].strip('"') if found["index"].startswith('"') else found["index"].lower()
    told = {"index": index, "table": found["table"]}
    return "" if _places(told, connection) else json.dumps(told)


def settle(
    doubt: Doubt, beside: Beside, applied: frozenset[str], fingerprint: Callable[[], str], *, may_run_again: bool
) -> str:
    """Return how a doubt was resolved, in words, after taking away the indexes that the revision itself began.

    applied: what the version table says. fingerprint: reads that of the schema as it is now.
    Raises Blocked when a part of the revision is final and can neither be taken away nor be known to be the whole:
    then somebody has to look, unless they have and said that it may run again.
    """
    if (doubt.revision in applied) != doubt.is_downgrade:
        return "the version table has it"
    dropped = _drop(doubt.built, beside.connection)
    if not doubt.fingerprint or fingerprint() == doubt.fingerprint:
        return f"it left nothing but {', '.join(dropped)}, now dropped" if dropped else "it left nothing"
    if may_run_again:
        return "told to run it again"
    what = "taken back" if doubt.is_downgrade else "applied"
    raise Blocked(
        f"revision {doubt.revision} was being {what} at {doubt.at} and was interrupted; the schema is not what it was"
        " before, so a part of it may be final (look at it and put the schema back as it was, or, if the revision can"
        f" run on what is there: --again {doubt.revision})"
    )


def _drop(built: Sequence[str], connection: Connection) -> list[str]:
    """Drop the indexes a revision has built by itself, whether they are valid or not: it builds them again."""
    dropped = []
    for place in [place for text in built for place in _places(json.loads(text), connection)]:
        try:
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {place}")
        except Exception as err:
            raise Blocked(
                f"the unfinished index {place} cannot be dropped: {one_line(err)} (drop it, then run it again)"
            ) from err
        dropped.append(place)
    return dropped


def _places(told: dict[str, str], connection: Connection) -> list[str]:
    return list(connection.exec_driver_sql(_INDEX, told).scalars())
