"""SCH018."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._patterns import matches_any
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, Persistence
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check(
    "SCH018",
    category="schema",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"may_be_unlogged": ("*cache*",)},
)
def table_that_loses_rows(catalog: Catalog, environment: Environment, settings: Settings) -> Iterator[Finding]:
    """A table is UNLOGGED: a crash of the server empties it.

    Its rows are also missing on every replica and after every recovery to a point in time. It is fast because of
    that, which is fine for a cache, and for nothing that somebody would miss. An error in staging and production,
    a warning elsewhere; a note for names that say so (`may_be_unlogged`).

    Make the table LOGGED; it is rewritten once, under a lock.
    """
    usual = Severity.ERROR if environment.is_guarded else Severity.WARNING
    for table in stored_tables(catalog):
        if table.persistence is Persistence.UNLOGGED and table.partition_key is None:
            is_meant = matches_any(table.name, settings.words("may_be_unlogged"))
            yield Finding(
                table.display,
                f"table {table.display!r} is unlogged: a crash empties it, replicas never have its rows",
                hint=f"ALTER TABLE {table.quoted} SET LOGGED;",
                severity=Severity.INFO if is_meant else usual,
            )
