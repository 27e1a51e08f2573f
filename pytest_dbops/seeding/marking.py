"""Write into a database which environment it is: one row, which the handshake of every session compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_dbops.core.errors import WrongTarget
from pytest_dbops.seeding.ledger import make_schema

if TYPE_CHECKING:
    from sqlalchemy import Engine

_TABLE = {"postgresql": "dbops.marker", "sqlite": "dbops_marker"}


def mark(engine: Engine, environment: str) -> None:
    """Mark a database as an environment's; raises WrongTarget for one that says it is another."""
    from sqlalchemy import text

    table = _TABLE[engine.dialect.name]
    with engine.begin() as connection:
        make_schema(connection)
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS {table} (environment TEXT NOT NULL PRIMARY KEY)"))
        there = connection.execute(text(f"SELECT environment FROM {table}")).scalars().all()  # noqa: S608
        if any(each != environment for each in there):
            raise WrongTarget(f"the database says of itself that it is {there[0]!r}, not {environment!r}")
        if not there:
            connection.execute(text(f"INSERT INTO {table} VALUES (:name)"), {"name": environment})  # noqa: S608
