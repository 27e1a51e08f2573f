"""SCH007."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_dbops.checks.schema._keys import indexes_with_rowid, is_prefix
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.checks.schema._statements import drop_index
from pytest_dbops.core.catalog import Catalog, Index
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH007", category="schema", severity=Severity.WARNING, settings={"extra_keys": 2})
def redundant_index(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """An index is only the beginning of another index of the table.

    A B-tree on (a, b) answers whatever one on (a) answers, so the shorter one costs writes, memory and room
    for little. Indexes that are unique, stand behind a constraint, cover other rows, sort otherwise or include
    further columns are left alone, and so is one whose longer twin has more than `extra_keys` keys on top: the
    short one is then so much smaller that it may be meant.

    Drop the shorter index, after a look at who reads it.
    """
    for table in stored_tables(catalog):
        indexes = indexes_with_rowid(table)
        for index in indexes:
            longer = _longer_twin(index, indexes, most_extra=int(settings.number("extra_keys")))
            if longer is not None:
                yield Finding(
                    f"{table.display}.{index.name}",
                    f"index {index.name!r} of {table.display!r} ({_keys(index)}) is the beginning of "
                    f"{longer.name!r} ({_keys(longer)})",
                    hint=drop_index(catalog, table, index),
                )


def _longer_twin(index: Index, indexes: Sequence[Index], *, most_extra: int) -> Index | None:
    has_a_purpose = index.is_unique or index.constraint or index.parent or index.is_replica_identity
    if has_a_purpose or index.is_clustered or index.origin != "created":
        return None
    twins = (
        other
        for other in indexes
        if is_prefix(index, other)
        and len(other.keys) - len(index.keys) <= most_extra
        and set(index.include) <= {*other.columns, *other.include}
    )
    return min(twins, key=lambda twin: (len(twin.keys), twin.name), default=None)


def _keys(index: Index) -> str:
    return ", ".join(key.text for key in index.keys)
