"""The statements that mend a finding, worded for the product that will run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_dbops.core.catalog import Catalog, Index, Table, TableKind, quote_identifier

LONGEST_NAME = 63


def quoted_list(names: Iterable[str]) -> str:
    """Return names as SQL writes them in a list."""
    return ", ".join(map(quote_identifier, names))


def alter_table(catalog: Catalog, table: Table, *actions: str) -> str:
    """Return the statement that changes a table; SQLite, which cannot, is told to rebuild it."""
    if catalog.dialect == "sqlite":
        return f"rebuild {table.quoted} (alembic: op.batch_alter_table) with: {', '.join(actions)}"
    return f"ALTER TABLE {table.quoted} {', '.join(actions)};"


def add_constraint(catalog: Catalog, table: Table, clause: str) -> str:
    """Return the statement that adds a constraint."""
    return alter_table(catalog, table, clause if catalog.dialect == "sqlite" else f"ADD {clause}")


def drop_constraint(catalog: Catalog, table: Table, name: str) -> str:
    """Return the statement that drops a constraint; on SQLite it may have no name."""
    if catalog.dialect == "sqlite":
        return f"rebuild {table.quoted} (alembic: op.batch_alter_table) without constraint {name or '(unnamed)'}"
    return alter_table(catalog, table, f"DROP CONSTRAINT {quote_identifier(name)}")


def create_index(catalog: Catalog, table: Table, columns: Sequence[str]) -> str:
    """Return the statement that adds an index without blocking writers where the product can do that."""
    can_be_concurrent = catalog.dialect == "postgresql" and table.kind is TableKind.PLAIN
    how = "CREATE INDEX CONCURRENTLY" if can_be_concurrent else "CREATE INDEX"
    name = _index_name(table, columns)
    return f"{how} {quote_identifier(name)} ON {table.quoted} ({quoted_list(columns)});"


def drop_index(catalog: Catalog, table: Table, index: Index) -> str:
    """Return the statement that drops an index, or the constraint behind which it stands."""
    if index.constraint or index.origin != "created":
        return drop_constraint(catalog, table, index.constraint)
    can_be_concurrent = catalog.dialect == "postgresql" and table.kind is TableKind.PLAIN
    return f"{'DROP INDEX CONCURRENTLY' if can_be_concurrent else 'DROP INDEX'} {index.quoted};"


def _index_name(table: Table, columns: Sequence[str]) -> str:
    taken = {index.name for index in table.indexes}
    name = "_".join(("ix", table.name, *columns)).encode()[:LONGEST_NAME].decode(errors="ignore")
    return name if name not in taken else f"{name[: LONGEST_NAME - 3]}_fk"
