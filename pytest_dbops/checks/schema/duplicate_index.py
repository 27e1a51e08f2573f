"""SCH006."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._keys import has_same_keys, indexes_with_rowid
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.checks.schema._statements import drop_index
from pytest_dbops.core.catalog import Catalog, Index
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH006", category="schema", severity=Severity.WARNING)
def duplicate_index(catalog: Catalog) -> Iterator[Finding]:
    """An index does what another index of the table does as well.

    Each INSERT and most UPDATEs write both, both take room in memory, in backups and in the write-ahead log, and
    no query is faster for it. Indexes count as equal only with the same method, keys, operator classes,
    collations, predicate and included columns; one that enforces something more (uniqueness, a constraint of
    another timing) is no duplicate. Often a unique constraint meets an index declared by hand on its columns.

    Drop the index that enforces nothing.
    """
    for table in stored_tables(catalog):
        ranked = sorted(indexes_with_rowid(table), key=_rank)
        for place, index in enumerate(ranked):
            kept = next((first for first in ranked[:place] if _can_replace(first, index)), None)
            if kept is not None and not index.parent:
                yield Finding(
                    f"{table.display}.{index.name}",
                    f"index {index.name!r} of {table.display!r} duplicates {kept.name!r} "
                    f"({', '.join(key.text for key in kept.keys)})",
                    hint=drop_index(catalog, table, index),
                )


def _rank(index: Index) -> tuple[bool, bool, bool, bool, str]:
    """Sort first what is worth most: the primary key, constraints, other unique indexes."""
    return (
        not index.is_primary,
        not (index.constraint or index.parent or index.origin != "created"),
        not index.is_unique,
        not (index.is_replica_identity or index.is_clustered),
        index.name,
    )


def _can_replace(kept: Index, dropped: Index) -> bool:
    if not has_same_keys(kept, dropped) or set(kept.include) != set(dropped.include):
        return False
    if dropped.is_replica_identity or (dropped.is_clustered and not kept.is_clustered):
        return False
    if not dropped.is_unique:
        return True
    if not kept.is_unique or kept.is_immediate != dropped.is_immediate:
        return False
    return kept.is_primary or kept.nulls_not_distinct == dropped.nulls_not_distinct
