"""Read the schema of a SQLite file as statements, and make it in another file, without its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.session import Session

# Tables come before what is made on them; what SQLite or this tool keeps for itself is left out, and the shadow
# tables of a virtual one are made with it.
_OBJECTS = r"""
SELECT s.sql
FROM sqlite_schema AS s
LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name
WHERE s.sql IS NOT NULL
AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
AND s.name NOT LIKE 'dbops\_%' ESCAPE '\'
AND s.tbl_name NOT LIKE 'dbops\_%' ESCAPE '\'
AND COALESCE(l.type, '') <> 'shadow'
ORDER BY s.type <> 'table', s.rowid
"""


def read_schema(session: Session) -> tuple[str, ...]:
    """Return the statements that make the schema, in an order in which they can be run; one statement is sent."""
    return tuple(str(row["sql"]) for row in session.query(_OBJECTS))


def put_schema(statements: Iterable[str], file: Path, *, version_table: str, rows: Iterable[str]) -> None:
    """Make everything in an empty file, and write the rows of the version table.

    Raises CannotJudge when SQLite does not take it again.
    """
    quoted = '"' + version_table.replace('"', '""') + '"'
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as new:
            for sql in statements:
                new.execute(sql)
            for row in rows:
                new.execute("INSERT INTO " + quoted + " (version_num) VALUES (?)", (row,))  # noqa: S608  # quoted
    except sqlite3.Error as err:
        raise CannotJudge(f"the target's schema is not taken by SQLite {sqlite3.sqlite_version}: {err}") from err
