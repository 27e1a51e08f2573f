"""Reading the rows of many tables: what one of them refuses spoils no other, and is told at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.errors import CannotJudge, DamageFound, Unreachable
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

SHOWN = 5
"""How many offending rows stand as evidence."""

Unread = list[tuple[str, CannotJudge]]


@contextmanager
def noting(unread: Unread, subject: str) -> Iterator[None]:
    """Note what one table refuses, and go on; a lost connection and damage are the caller's."""
    try:
        yield
    except (Unreachable, DamageFound):
        raise
    except CannotJudge as err:
        unread.append((subject, err))


def refuse_unread(unread: Unread) -> None:
    """Raise what stopped the first, as the kind of exception it was, with how many there were."""
    if unread:
        subject, err = unread[0]
        others = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        raise type(err)(f"{subject!r} could not be read{others}: {err}")


def read_tables(catalog: Catalog) -> Iterator[Table]:
    """Yield the tables whose rows are read, partitions with their parent."""
    return (table for table in stored_tables(catalog) if not table.is_partition and not table.is_version_table)


def sampled(table: Table, percent: float) -> Iterator[Finding]:
    """Yield the note that only a part of a table was read; nothing when it was all."""
    if percent < 100:
        yield Finding(
            table.display,
            f"only {percent:.2g} % of the about {table.estimated_rows:.0f} rows of table {table.display!r} were read",
            hint="raise most_rows to read more",
            identity="sampled",
            severity=Severity.INFO,
        )


def unjudged(table: Table, most_rows: float) -> Iterator[Finding]:
    """Yield the note that a table is too large for a statement that must see all of its rows at once."""
    yield Finding(
        table.display,
        f"table {table.display!r} was not judged: it has about {table.estimated_rows:.0f} rows, and {most_rows:.0f} is "
        "the most that are read at once",
        hint="raise most_rows, and the environment's statement_timeout_s with it",
        identity="unjudged",
        severity=Severity.INFO,
    )


def key_columns(table: Table) -> Sequence[str]:
    """Return the columns that name a row to people."""
    return table.primary_key.columns if table.primary_key else ()
