"""The port to a database whose stored fields are replaced in place, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from pytest_dbops.core.frozen import frozen

Row = tuple[Any, ...]
Change = tuple[Any, ...]
"""A row's key, what its changed columns held when it was read, and what they are to hold, one behind the other.

One flat tuple: a driver takes it as it is, and the collector has one object and not four (`benchmarks/rotate.py`).
"""


@frozen
class RewrittenTable:
    """Which fields of a table are read and replaced.

    key: the primary key, by which batches follow each other. read: what a row is given as, before its key; as_text:
    those of them that are read as text. changed: the columns that are replaced. condition: SQL that rows have to meet,
    without parameters; empty for all. only: a column and the values one of which it has to be, None for all rows.
    """

    schema: str
    table: str
    key: tuple[str, ...]
    read: tuple[str, ...]
    changed: tuple[str, ...]
    as_text: frozenset[str] = frozenset()
    condition: str = ""
    only: tuple[str, tuple[str, ...]] | None = None


def unnamed_index(table: RewrittenTable, columns: Sequence[str]) -> str:
    """Return what a product says where a unique index is missing and has no name by which it could be made."""
    return (
        f"{table.table} ({', '.join(columns)}) is unique in the model by a constraint, and not in the database (make it"
        " by a migration, or declare it as Index(NAME, ..., unique=True) to have it built here)"
    )


class Rewriter(Protocol):
    """One writing connection; lives as long as a run."""

    def read(self, table: RewrittenTable, after: Row | None, limit: int) -> Sequence[Row]:
        """Return at most `limit` rows behind a key, in the order of keys, each as `read` and then `key` name it.

        Holds no lock afterwards. Raises InTheWay, Unreachable, and Blocked with what the server says otherwise.
        """

    def write(self, table: RewrittenTable, changes: Sequence[Change]) -> int:
        """Replace the fields of those rows that still hold what was read, in one transaction; returns how many.

        Rows that another transaction has locked may be passed over. The changes are in the order of keys. Raises as
        `read` does, and then nothing is replaced; may be called again with the same changes.
        """

    def make_unique(self, table: RewrittenTable, name: str, columns: Sequence[str]) -> None:
        """Make columns of a table unique where they are not, by an index of a name, beside writers if that can be.

        Called once a run, behind all writes; what an earlier call left unfinished is made anew. Raises Blocked without
        a name, and for values that are there twice; else as `read` does.
        """


class RewritingProduct(Protocol):
    """What opens a rewriter on a product."""

    def open_rewriter(
        self, url: str, *, timeout_s: float, lock_s: float, application: str
    ) -> AbstractContextManager[Rewriter]:
        """Connect for writing; lock_s: longest wait for a lock. Raises Unreachable, or LoginRefused."""
