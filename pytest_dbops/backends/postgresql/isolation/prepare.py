"""Prepare a finished database for tests: marks, copies of its rows, and the functions of the way back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.isolation import statements

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composable

MOST_KEPT_ROWS = 20_000
"""Rows of a table beyond which no copy is kept: then a change of old rows costs a new database."""

APPLICATION = "pytest-dbops fixtures"
_TIMEOUT_S = 10.0
_VERSION = 1


def prepared_as() -> str:
    """Return what tells one way of preparing from another; it is part of what shapes a template."""
    texts = (statements.OBJECTS, statements.TABLES, statements.RESTORE, statements.WATCH_SCHEMA)
    return hashlib.sha256(repr((_VERSION, MOST_KEPT_ROWS, texts)).encode()).hexdigest()[:16]


def prepare(url: str) -> None:
    """Prepare the database behind a superuser's URL; nothing but its schema `dbops` and its triggers changes."""
    with connect(url, timeout_s=_TIMEOUT_S, application=APPLICATION) as connection, connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")
        connection.execute(statements.OBJECTS)
        _keep_tables(connection)
        _keep_sequences(connection)
        connection.execute(statements.RESTORE)
        connection.execute(statements.WATCH_SCHEMA)


def _keep_tables(connection: psycopg.Connection[Any]) -> None:
    from psycopg.rows import dict_row
    from psycopg.sql import SQL, Identifier

    with connection.cursor(row_factory=dict_row) as cursor:
        tables = cursor.execute(statements.TABLES.encode()).fetchall()
    for table in tables:
        name = Identifier(table["schema"], table["name"])
        removing, restoring = _way_back(connection, table, name)
        connection.execute(
            "INSERT INTO dbops.fixture_table VALUES (%s, %s, %s::oid[], %s, %s)",
            (table["relation"], f"{table['schema']}.{table['name']}", table["members"], removing, restoring),
        )
    for table in tables:
        name = Identifier(table["schema"], table["name"])
        events = SQL("INSERT OR UPDATE OR DELETE" if table["kind"] == "f" else "INSERT OR UPDATE OR DELETE OR TRUNCATE")
        connection.execute(
            SQL(
                "CREATE TRIGGER dbops_fixture_written AFTER {events} ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION dbops.fixture_written()"
            ).format(events=events, table=name)
        )
        connection.execute(SQL("ALTER TABLE {table} ENABLE ALWAYS TRIGGER dbops_fixture_written").format(table=name))


def _way_back(
    connection: psycopg.Connection[Any], table: dict[str, Any], name: Composable
) -> tuple[str | None, str | None]:
    """Return the statements that take away new rows and bring back old ones.

    None means that there is no such way, an empty text that nothing has to be done. Rows that were there from the
    start are older than the transaction `$1`; an update makes a new version of a row, which is younger.
    """
    from psycopg.sql import SQL, Identifier

    if table["is_special"]:
        return None, None
    if table["kind"] == "p":
        return "SELECT", ""
    removing = SQL("DELETE FROM ONLY {table} WHERE age(xmin) <= age($1)").format(table=name).as_string(connection)
    query = SQL("SELECT count(*) FROM (SELECT FROM ONLY {table} LIMIT {most}) AS kept")
    found = connection.execute(query.format(table=name, most=MOST_KEPT_ROWS + 1)).fetchone()
    rows = found[0] if found else 0
    if rows == 0:
        return removing, ""
    if rows > MOST_KEPT_ROWS or not table["columns"]:
        return removing, None
    copy = Identifier("dbops", f"fixture_rows_{table['relation']}")
    columns = SQL(", ").join(map(Identifier, table["columns"]))
    kept = SQL("CREATE TABLE {copy} AS SELECT {columns} FROM ONLY {table}")
    connection.execute(kept.format(copy=copy, columns=columns, table=name))
    putting = SQL("INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {copy} AS kept")
    restoring = putting.format(table=name, columns=columns, copy=copy)
    if not table["key"]:
        return removing, _restoring_as_a_whole(connection, table, name, copy)
    same = SQL(" AND ").join(
        SQL("present.{column} = kept.{column}").format(column=Identifier(column)) for column in table["key"]
    )
    missing = SQL(" WHERE NOT EXISTS (SELECT FROM ONLY {table} AS present WHERE {same})").format(table=name, same=same)
    return removing, (restoring + missing).as_string(connection)


def _restoring_as_a_whole(
    connection: psycopg.Connection[Any], table: dict[str, Any], name: Composable, copy: Composable
) -> str | None:
    """Return the statement that brings back rows without a key, or None where their types cannot be compared."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    columns = SQL(", ").join(map(Identifier, table["columns"]))
    putting = SQL(
        "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
        " (SELECT {columns} FROM {copy} EXCEPT ALL SELECT {columns} FROM ONLY {table})"
    ).format(table=name, columns=columns, copy=copy)
    try:
        with connection.transaction():
            connection.execute(SQL("EXPLAIN ") + putting)
    except psycopg.errors.UndefinedFunction:
        return None
    return putting.as_string(connection)


def _keep_sequences(connection: psycopg.Connection[Any]) -> None:
    """Make the function that puts all sequences back where they are now, and tells whether any had moved."""
    from psycopg.sql import SQL, Identifier, Literal

    moved, back = [], []
    for relation, schema, name in connection.execute(statements.SEQUENCES.encode()).fetchall():
        sequence = Identifier(schema, name)
        found = connection.execute(SQL("SELECT last_value, is_called FROM {}").format(sequence)).fetchone()
        assert found is not None
        parts = {"sequence": sequence, "value": Literal(found[0]), "called": Literal(found[1])}
        moved.append(
            SQL(
                "(SELECT last_value OPERATOR(pg_catalog.<>) {value} OR is_called IS DISTINCT FROM {called}"
                " FROM {sequence})"
            ).format(**parts)
        )
        setting = SQL("PERFORM pg_catalog.setval({relation}::pg_catalog.oid::pg_catalog.regclass, {value}, {called});")
        back.append(setting.format(relation=Literal(relation), **parts))
    body = SQL("BEGIN IF {moved} THEN {back} RETURN true; END IF; RETURN false; END").format(
        moved=SQL(" OR ").join(moved) if moved else SQL("false"), back=SQL(" ").join(back)
    )
    function = SQL("CREATE FUNCTION dbops.fixture_sequences() RETURNS boolean LANGUAGE plpgsql AS {}")
    connection.execute(function.format(Literal(body.as_string(connection))))
