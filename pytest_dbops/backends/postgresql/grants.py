"""The role a gate should log in as: it reads what is judged, and has no right to write anything."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.backends.postgresql.urls import parameters
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import UsageError

LONGEST_NAME_BYTES = 63

_READABLE_SCHEMAS = """
DO $grant$
DECLARE
  place pg_catalog.name;
  maker pg_catalog.name;
BEGIN
  FOR place IN
    SELECT nspname FROM pg_catalog.pg_namespace
    WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
  LOOP
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO %I', place, {role});
    EXECUTE pg_catalog.format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', place, {role});
    EXECUTE pg_catalog.format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', place, {role});
  END LOOP;
  FOR maker IN
    SELECT DISTINCT pg_catalog.pg_get_userbyid(c.relowner)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  LOOP
    EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT USAGE ON SCHEMAS TO %I', maker, {role});
    EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT SELECT ON TABLES TO %I', maker, {role});
    EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT SELECT ON SEQUENCES TO %I', maker, {role});
  END LOOP;
END
$grant$
""".strip()


def grant_statements(environment: Environment, role: str) -> Sequence[str]:
    """Return the statements, in order, for a superuser connected to the environment's database.

    A statement that starts with `--` is a choice left to the operator, with its reason. The password is not
    among them: set it by `\\password` in psql, so that it is in no history and no log. Without a URL the
    database is the one the handshake expects, else psql's own variable for the database it is connected to.
    Raises UsageError for a name that cannot be printed safely.
    """
    name = _quoted(_printable("role", role))
    known = _database(environment)
    database = _quoted(_printable("database", known)) if known else ':"DBNAME"'
    literal = "'" + role.replace("'", "''") + "'"
    return (
        f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
        f"CONNECTION LIMIT {environment.policy.max_connections:d}",
        f"-- \\password {name}    (in psql: asks for the password and sends it hashed)",
        f"ALTER ROLE {name} SET default_transaction_read_only = on",
        f"GRANT CONNECT ON DATABASE {database} TO {name}",
        f"GRANT pg_monitor TO {name}",
        _READABLE_SCHEMAS.format(role=literal),
        f"-- GRANT pg_read_all_data TO {name};    (instead of the block above: also reads schemas and tables of"
        " later owners, but password hashes in pg_authid, too)",
        f"-- ALTER ROLE {name} BYPASSRLS;    (only where row-level security hides rows: a gate then sees the rows"
        " of all tenants; without it, checks of such tables are inconclusive)",
        f"-- GRANT SELECT ON pg_hba_file_rules, pg_file_settings TO {name}; "
        f"GRANT EXECUTE ON FUNCTION pg_hba_file_rules(), pg_show_all_file_settings() TO {name};    (shows which"
        " networks may log in how, and faulty lines of the configuration files; only a superuser sees them else)",
        f"-- GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean), verify_heapam(regclass, boolean, boolean,"
        f" text, bigint, bigint) TO {name};    (where the extension amcheck is installed: lets INT002 and"
        " INT003 read indexes and tables for damage; PostgreSQL 17 also has"
        " bt_index_check(regclass, boolean, boolean), 18 gin_index_check(regclass))",
        f"-- REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;    (every role may make temporary tables; grant it"
        " back to those that need it)",
        "-- REVOKE CREATE ON SCHEMA public FROM PUBLIC;    (on PostgreSQL 14, and databases upgraded from it, every"
        " role may create tables in schema public)",
    )


def _database(environment: Environment) -> str:
    """Return the database's name, or an empty text when neither the URL nor the configuration tells."""
    if environment.url is None:
        return environment.expect.database or ""
    given = parameters(environment.url.reveal())
    return given.get("dbname") or given.get("user", "")


def _printable(what: str, name: str) -> str:
    """Return a name that is one PostgreSQL keeps whole and that ends neither a line nor a quoted block."""
    is_safe = name.isprintable() and "$" not in name and "\\" not in name
    if not is_safe or not 1 <= len(name.encode()) <= LONGEST_NAME_BYTES:
        raise UsageError(
            f"{what} name {name!r} cannot be printed into statements; use 1 to {LONGEST_NAME_BYTES} bytes"
            " without '$' and backslashes"
        )
    return name


def _quoted(name: str) -> str:
    # psycopg.sql quotes with a connection only, before psycopg 3.2; here there is none.
    return '"' + name.replace('"', '""') + '"'
