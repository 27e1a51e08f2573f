"""Row-level security of tenant tables, the same for each; does nothing on SQLite, which has none."""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op

OF_THIS_TENANT = "org_id = nullif(current_setting('app.org_id', true), '')::bigint"
"""True for rows of the organization the transaction has named; for none when it has named none."""


def isolate(tables: Iterable[str], *, condition: str = OF_THIS_TENANT) -> None:
    """Let every role, the owner included, see and write only rows that meet `condition`."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant_isolation ON {table} USING ({condition}) WITH CHECK ({condition})")


def share_unowned(table: str, column: str) -> None:
    """Let every tenant see rows of an isolated table that belong to none; it still writes its own only."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"CREATE POLICY shared_by_all ON {table} FOR SELECT USING ({column} IS NULL)")


def open_up(tables: Iterable[str]) -> None:
    """Undo `isolate`."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f"DROP POLICY tenant_isolation ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
