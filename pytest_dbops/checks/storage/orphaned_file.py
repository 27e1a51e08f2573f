"""STO014."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes, render_duration

_FUNCTIONS = ("pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)")
_MAY_LOOK = """
SELECT
  bool_and(pg_catalog.has_function_privilege('pg_catalog.' || name, 'EXECUTE'))
  AND pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
FROM unnest(CAST(:functions AS text[])) AS name
"""

# A relation that a transaction makes is seen by nobody else until it commits, and its file is there at once: what is
# younger than the oldest transaction (in whole seconds, as files are) proves nothing. A dropped relation keeps an
# empty file until a checkpoint.
_ORPHANS = """
WITH here AS (
  SELECT oid, dattablespace FROM pg_catalog.pg_database WHERE datname = current_database()
), folder AS (
  SELECT CAST(0 AS oid) AS tablespace, 'base/' || oid AS path FROM here WHERE dattablespace = 1663
  UNION ALL
  SELECT
    CASE WHEN t.oid = here.dattablespace THEN CAST(0 AS oid) ELSE t.oid END,
    'pg_tblspc/' || t.oid || '/' || version || '/' || here.oid
  FROM here, pg_catalog.pg_tablespace AS t,
    pg_catalog.pg_ls_dir('pg_tblspc/' || t.oid, TRUE, FALSE) AS version
  WHERE t.oid NOT IN (1663, 1664)
    AND version LIKE 'PG\\_' || (current_setting('server_version_num')::integer / 10000) || '\\_%'
), file AS MATERIALIZED (
  SELECT folder.tablespace, folder.path, name, CAST(substring(name FROM '^[0-9]+') AS numeric) AS node
  FROM folder, pg_catalog.pg_ls_dir(folder.path, TRUE, FALSE) AS name
  WHERE name ~ '^[0-9]+(_(fsm|vm|init))?([.][0-9]+)?$'
), orphan AS MATERIALIZED (
  SELECT file.path, name, node
  FROM file
  WHERE node BETWEEN 1 AND 4294967295
    AND pg_catalog.pg_filenode_relation(tablespace, CAST(CAST(node AS bigint) AS oid)) IS NULL
)
SELECT
  orphan.path || '/' || CAST(node AS text) AS name,
  CAST(sum(stat.size) AS bigint) AS bytes,
  CAST(extract(epoch FROM clock_timestamp() - max(stat.modification)) AS float8) AS unchanged_s
FROM orphan, pg_catalog.pg_stat_file(orphan.path || '/' || orphan.name, TRUE) AS stat
WHERE stat.size IS NOT NULL
GROUP BY 1
HAVING sum(stat.size) > 0
   AND max(stat.modification) < date_trunc('second', LEAST(
     (SELECT min(xact_start) FROM pg_catalog.pg_stat_activity WHERE pid <> pg_backend_pid()),
     (SELECT min(prepared) FROM pg_catalog.pg_prepared_xacts),
     clock_timestamp() - make_interval(secs => CAST(:oldest_s AS float8))
   ))
ORDER BY bytes DESC, name
"""


@check(
    "STO014",
    category="storage",
    severity=Severity.WARNING,
    backends=("postgresql",),
    cost=Cost.SAMPLE,
    privilege=Privilege.SUPERUSER,
    settings={"enabled": False, "oldest_s": 3_600},
)
def orphaned_file(session: Session, settings: Settings) -> Iterator[Finding]:
    """A file in the data directory belongs to no table or index of this database.

    A server that crashes while a table is made, rewritten or loaded leaves its files, which can be as big as the table,
    and never removes them. Told of are files that hold something, were not written for `oldest_s`, and are older than
    every transaction that runs. Off at first, as it lists folders of the server: switch it on with
    `[checks.STO014] enabled = true` where the role may (a superuser, or the grants that the check names).

    Take a backup that was verified, stop the server, and move the file aside; remove it when all tables were read.
    """
    if not session.scalar(_MAY_LOOK, {"functions": list(_FUNCTIONS)}):
        role = sure_name(session.identity.role)
        functions = ", ".join(f"pg_catalog.{each}" for each in _FUNCTIONS)
        raise MissingPrivilege(
            f"role {session.identity.role!r} may not list files, or does not see the transactions of others (run: GRANT"
            f" pg_monitor TO {role}; GRANT EXECUTE ON FUNCTION {functions} TO {role};)"
        )
    for row in session.query(_ORPHANS, {"oldest_s": settings.number("oldest_s")}):
        yield Finding(
            row["name"],
            f"file {row['name']!r} of {render_bytes(row['bytes'])} belongs to no relation, and was not written for "
            f"{render_duration(row['unchanged_s'])}",
            hint="after a verified backup, with the server stopped, move it aside",
        )
