"""Put a question to PostgreSQL that was put before: planning it costs the server as much as answering does.

It is prepared in SQL, under a name that follows from its text, and is taken to be there still. A session that does not
hold it (whoever discarded it) refuses, within a savepoint, and nothing but time is lost. Only psycopg sends all of
this together, so any other driver asks as it always does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from pytest_dbops.migrating.failures import sqlstate_of

_NOT_PREPARED = "26000"


def takes_several(driver: Any) -> bool:
    """Whether a driver's connection sends several statements at once, each for itself: psycopg's, in a transaction."""
    return type(driver).__module__ == "psycopg" and driver.autocommit is False


def ask_again(driver: Any, cursor: Any, question: str) -> Sequence[Sequence[Any]]:
    """Return the rows of a question without parameters; what it raises leaves the transaction as asking plainly would.

    driver: the driver's own connection; cursor: one of it.
    """
    if not takes_several(driver):
        cursor.execute(question)
        return list(cursor.fetchall())
    name = _name_of(question)
    try:
        cursor.execute(f"SAVEPOINT dbops_again; EXECUTE {name}; RELEASE SAVEPOINT dbops_again")
    except Exception as err:  # any of the driver's
        if sqlstate_of(err) != _NOT_PREPARED:
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT dbops_again; RELEASE SAVEPOINT dbops_again")
        cursor.execute(f"PREPARE {name} AS {question}")
        cursor.execute(f"EXECUTE {name}")
    else:
        cursor.nextset()
    return list(cursor.fetchall())


@lru_cache(maxsize=256)
def _name_of(question: str) -> str:
    return f"dbops_again_{sha256(question.encode()).hexdigest()[:16]}"
