"""Write a block by COPY: straight into its table, or by way of a temporary one where row-level security watches.

PostgreSQL refuses COPY into a table whose policies hold for the role; INSERT from a temporary table obeys them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pytest_dbops.seeding.writing.block import Block
from pytest_dbops.seeding.writing.values import is_always_given

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_ROW_SECURITY = "SELECT pg_catalog.row_security_active(%(table)s::text)"
_MAY_STAGE = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')"
_LINE = re.compile(r"\bCOPY [^,]+, line (\d+)")


def can_copy(connection: Connection) -> bool:
    """Whether the driver of a connection speaks COPY (psycopg does)."""
    if connection.dialect.name != "postgresql":
        return False
    with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]
        return hasattr(cursor, "copy")


def is_watched(connection: Connection, table: Table) -> bool:
    """Whether row-level security holds for this role and table."""
    return bool(connection.exec_driver_sql(_ROW_SECURITY, {"table": _name(connection, table)}).scalar())


def may_stage(connection: Connection) -> bool:
    """Whether this role may make temporary tables."""
    return bool(connection.exec_driver_sql(_MAY_STAGE).scalar())


def copy_block(connection: Connection, block: Block, text: Iterable[str], *, option: str = "") -> None:
    """Copy the lines of a block into its table; option: as `WITH (FREEZE)`."""
    _copy(
        connection, f"COPY {_name(connection, block.table)} ({_columns(connection, block)}) FROM STDIN {option}", text
    )


def copy_staged(connection: Connection, block: Block, text: Iterable[str], stages: dict[Any, str]) -> None:
    """Copy the lines of a block into a temporary table, and insert them from there.

    stages: names of the temporary tables of this transaction, by table and columns.
    """
    table, columns = _name(connection, block.table), _columns(connection, block)
    key = (block.table, columns)
    run = connection.exec_driver_sql
    if key not in stages:
        stages[key] = f"dbops_stage_{len(stages)}"
        run(f"DROP TABLE IF EXISTS pg_temp.{stages[key]}")
        run(f"CREATE TEMPORARY TABLE {stages[key]} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA")  # noqa: S608
    stage = f"pg_temp.{stages[key]}"
    _copy(connection, f"COPY {stage} ({columns}) FROM STDIN", text)
    over = "OVERRIDING SYSTEM VALUE " if is_always_given(block.table, tuple(block.columns)) else ""
    run(f"INSERT INTO {table} ({columns}) {over}SELECT {columns} FROM {stage}")  # noqa: S608
    run(f"TRUNCATE {stage}")


def line_of(err: BaseException) -> int | None:
    """Return the number of the row, from 0, at which the server says that a COPY failed."""
    diagnosis = getattr(getattr(err, "orig", None) or err, "diag", None)
    found = _LINE.search(str(getattr(diagnosis, "context", None) or ""))
    return int(found[1]) - 1 if found else None


def _copy(connection: Connection, sql: str, text: Iterable[str]) -> None:
    with connection.connection.cursor() as cursor, cursor.copy(sql) as copy:  # type: ignore[attr-defined]
        for piece in text:
            copy.write(piece)


def _name(connection: Connection, table: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")


def _columns(connection: Connection, block: Block) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return ", ".join(quote(block.table.columns[name].name) for name in block.columns).replace("%%", "%")
