"""INT015."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._extensions import require_extension, sure_function
from pytest_dbops.checks.integrity._reading import Unread, noting, refuse_unread
from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, TableKind
from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity

_FUNCTIONS = {"pg_check_visible": "all-visible", "pg_check_frozen": "all-frozen"}


@check(
    "INT015",
    category="integrity",
    severity=Severity.CRITICAL,
    backends=("postgresql",),
    cost=Cost.FULL,
    privilege=Privilege.MONITOR,
)
def wrong_visibility_map(catalog: Catalog, session: Session, statistics: Statistics) -> Iterator[Finding]:
    """The visibility map says of pages what does not hold for their rows.

    Index-only scans return rows that are deleted, or vacuum leaves out pages whose transaction ids must be frozen, and
    their rows vanish at the wrap-around. Every table is read by `pg_check_visible` and `pg_check_frozen` of the
    extension pg_visibility, without which the check is skipped. They cannot be asked of a part of a table: one that
    takes longer than the environment's `statement_timeout_s` has no answer; raise that for a run in quiet hours.

    Drop the map and let vacuum build it anew: `pg_truncate_visibility_map`, then VACUUM; then look for the cause, as
    for any damage.
    """
    schema = require_extension(statistics, "pg_visibility")
    functions = {sure_function(session, schema, name, "regclass"): word for name, word in _FUNCTIONS.items()}
    unread: Unread = []
    for table in stored_tables(catalog):
        if table.kind is not TableKind.PLAIN:
            continue
        regclass = sure_text(sure_name(table.schema, table.name)) + "::pg_catalog.regclass"
        for function, word in functions.items():
            with noting(unread, table.display):
                number = session.scalar(f"SELECT count(*) FROM {function}({regclass})")  # noqa: S608  # quoted names
                if number:
                    name = sure_text(table.quoted)
                    yield Finding(
                        table.display,
                        f"{number} rows of {table.display!r} are on pages marked {word}, and are not",
                        hint=f"SELECT pg_truncate_visibility_map({name}); VACUUM {table.quoted};",
                        identity=word,
                    )
    refuse_unread(unread)
