"""Change all rows or the shape of a table without its triggers and policies having a say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from sqlalchemy import text

_LIFT = """
DO $$
BEGIN
    PERFORM set_config('accounting.was_forced', relforcerowsecurity::text, true)
        FROM pg_class WHERE oid = '{table}'::regclass;
    ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE {table} DISABLE TRIGGER USER;
END $$
"""

_RESTORE = """
DO $$
BEGIN
    ALTER TABLE {table} ENABLE TRIGGER USER;
    IF current_setting('accounting.was_forced')::boolean THEN
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    END IF;
END $$
"""

_TRIGGERS = text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :table ORDER BY name")


@contextmanager
def undisturbed(table: str) -> Iterator[None]:
    """Take triggers and forced row-level security off `table` and put them back as they were.

    A migration runs as the owner, for whom FORCE ROW LEVEL SECURITY hides every row, and it must not
    fill the audit log. On SQLite, rebuilding a table would lose its triggers for good.
    """
    if op.get_context().dialect.name == "postgresql":
        op.execute(_LIFT.format(table=table))
        yield
        op.execute(_RESTORE.format(table=table))
        return
    connection = op.get_bind()
    triggers = connection.execute(_TRIGGERS, {"table": table}).all()
    for name, _sql in triggers:
        op.execute(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in triggers:
        connection.exec_driver_sql(sql)
