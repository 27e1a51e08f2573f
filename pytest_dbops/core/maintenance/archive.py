"""Which rows are old, and what the copy of them is: a file that proves itself before anything is deleted."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class ArchiveRule:
    """Rows of a table whose `column`, a date or a time, is more than `older_than_days` days past."""

    table: str
    column: str
    older_than_days: int


@frozen
class OldRows:
    """What a rule finds: `rows` of a table before `cutoff`, an ISO date.

    columns: all of the table, by position; key: those of its primary key, with their types.
    """

    rule: ArchiveRule
    schema: str
    table: str
    display: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    key_types: tuple[str, ...]
    type: str
    cutoff: str
    rows: int
    size_bytes: int
    kept_back: str = ""


Key = tuple[str | int | None, ...]


@frozen
class CopiedRow:
    """One row as it was copied: its key, and all of it as JSON."""

    key: Key
    text: str


@frozen
class OldRowsFound:
    """What the rules of a project find; uncounted: why a rule has no answer, one line each."""

    found: tuple[OldRows, ...] = ()
    uncounted: tuple[str, ...] = ()
