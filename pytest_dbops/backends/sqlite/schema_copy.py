"""Copy the schema of a SQLite file to another file, without its rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge

# Tables come before what is made on them; what SQLite or this tool keeps for itself is left out, and the shadow
# tables of a virtual one are made with it.
_OBJECTS = r"""
SELECT s.sql
FROM sqlite_schema AS s
LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name
WHERE s.sql IS NOT NULL
AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
AND s.tbl_name NOT LIKE 'dbops\_%' ESCAPE '\'
AND COALESCE(l.type, '') <> 'shadow'
ORDER BY s.type <> 'table', s.rowid
"""


def copy_schema(source: Path, target: Path, *, rows_of: str) -> None:
    """Make everything of the source's schema in an empty target, with the rows of one table only.

    The source is opened read-only. Raises CannotJudge when it cannot be read, or SQLite does not take it again.
    """
    quoted = '"' + rows_of.replace('"', '""') + '"'
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, isolation_level=None)) as old,
            closing(sqlite3.connect(target, isolation_level=None)) as new,
        ):
            for (sql,) in old.execute(_OBJECTS).fetchall():
                new.execute(sql)
            if not old.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (rows_of,)).fetchone():
                return
            rows = old.execute("SELECT version_num FROM " + quoted).fetchall()  # noqa: S608  # quoted as a name
            new.executemany("INSERT INTO " + quoted + " (version_num) VALUES (?)", rows)  # noqa: S608  # as above
    except sqlite3.Error as err:
        raise CannotJudge(f"the schema of {source.name!r} cannot be copied: {err}") from err
