"""Read what a database says is applied: the rows of its version table, through a session that only reads."""

from __future__ import annotations

from pytest_dbops.core.catalog import quote_identifier
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Session
from pytest_dbops.migrating.version_table import VersionTable

_FIND = {
    "postgresql": """
SELECT n.nspname AS schema, pg_catalog.pg_table_is_visible(c.oid) AS is_first
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = :name
AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND (n.nspname = CAST(:schema AS text) OR CAST(:schema AS text) = '')
AND n.nspname NOT LIKE 'pg\\_temp%'
ORDER BY n.nspname
""",
    "sqlite": """
SELECT CASE :schema WHEN '' THEN 'main' ELSE :schema END AS schema, 1 AS is_first
FROM sqlite_schema
WHERE type IN ('table', 'view')
AND lower(name) = lower(:name)
""",
}


@frozen
class Applied:
    """The version table that was found, as people write it, and its rows; no table is an empty name and no rows."""

    table: str
    rows: tuple[str, ...]


def read_applied(session: Session, table: VersionTable) -> Applied:
    """Return the applied revisions in two statements; an absent table means that nothing is applied.

    Raises CannotJudge when tables of that name are in several schemas and none is first on the search path,
    MissingPrivilege when the role may not read it.
    """
    found = session.query(_FIND[session.dialect], {"name": table.name, "schema": table.schema})
    if not found:
        return Applied("", ())
    schemas = [str(row["schema"]) for row in found if row["is_first"]] or [str(row["schema"]) for row in found]
    if len(schemas) > 1:
        raise CannotJudge(
            f"{table.name!r} is a table in {len(schemas)} schemas: {', '.join(schemas)}"
            f" (say which: --version-table {schemas[0]}.{table.name})"
        )
    place = f"{quote_identifier(schemas[0])}.{quote_identifier(table.name)}"
    rows = session.query(f"SELECT version_num FROM {place}")  # noqa: S608  # both parts are quoted
    return Applied(f"{schemas[0]}.{table.name}", tuple(sorted(str(row["version_num"]) for row in rows)))
