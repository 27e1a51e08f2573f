"""CON024."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import check
from pytest_dbops.core.environment import Environment, Requirement
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

WRITABLE_TABLES = """
SELECT n.nspname || '.' || c.relname AS "table",
       pg_catalog.concat_ws(', ',
         CASE WHEN pg_catalog.has_any_column_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
         CASE WHEN pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
         CASE WHEN pg_catalog.has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END,
         CASE WHEN pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') THEN 'TRUNCATE' END
       ) AS rights
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v')
  AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\\_%'
  AND (
    pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE')
    OR pg_catalog.has_table_privilege(c.oid, 'DELETE, TRUNCATE')
  )
ORDER BY 1
"""
"""Of INSERT and UPDATE, a right on one column is enough to write."""

_MOST_ROWS = 20


@check("CON024", category="connectivity", severity=Severity.ERROR, backends=("postgresql",))
def role_may_write(session: Session, environment: Environment) -> Iterator[Finding]:
    """The role that the gate logs in as may write.

    The gate itself keeps inside a transaction that reads, but checks in Python are the project's own code, and a
    password that leaks is as dangerous as its role. An error where the environment requires `read_only_role`, an
    info elsewhere. A superuser may write whatever is granted.

    Log in as a role of its own: `dbops env grant` prints its statements.
    """
    severity = None if Requirement.READ_ONLY_ROLE in environment.policy.require else Severity.INFO
    hint = f"log in as a role that only reads (run: dbops env grant {environment.name})"
    role = session.identity.role
    if session.identity.is_superuser:
        yield Finding(f"role {role}", f"role {role!r} is a superuser, whom nothing is refused", hint, severity=severity)
        return
    rows, number = session.sample(WRITABLE_TABLES, _MOST_ROWS)
    if number:
        what = "1 table" if number == 1 else f"{number:,} tables"
        evidence = tuple(dict(row) for row in rows)
        yield Finding(f"role {role}", f"role {role!r} may write to {what}", hint, evidence, severity=severity)
