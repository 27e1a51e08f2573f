"""Words that only the models know: a text column that the application reads as an enum takes no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.frozen import frozen

if TYPE_CHECKING:
    from sqlalchemy import MetaData


@frozen
class Vocabulary:
    """Values by table and column, and by the column's name alone where all tables that have it agree.

    The second serves older revisions, in which a column of today's models stood in another table.
    """

    columns: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, table: str, column: str) -> tuple[str, ...]:
        """Return the values of a column, none where any will do."""
        return self.columns.get((table, column)) or self.names.get(column, ())


EMPTY = Vocabulary()
"""No words."""


def vocabulary_of(metadata: MetaData) -> Vocabulary:
    """Return the stored values of every column that the models declare as an enum, however the database keeps it."""
    columns: dict[tuple[str, str], tuple[str, ...]] = {}
    by_name: dict[str, set[tuple[str, ...]]] = {}
    for table in metadata.tables.values():
        for column in table.columns:
            words = _words(column.type)
            by_name.setdefault(column.name, set()).add(words)
            if words:
                columns[table.name, column.name] = words
    names = {name: next(iter(found)) for name, found in by_name.items() if len(found) == 1}
    return Vocabulary(columns, {name: words for name, words in names.items() if words})


def _words(kind: Any) -> tuple[str, ...]:
    from sqlalchemy import Enum, TypeDecorator

    while isinstance(kind, TypeDecorator):
        kind = kind.impl
    return tuple(kind.enums) if isinstance(kind, Enum) else ()
