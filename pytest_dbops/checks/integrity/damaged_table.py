"""INT003."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_dbops.checks._extensions import require_extension, sure_function
from pytest_dbops.checks._pages import Page, read_pages
from pytest_dbops.checks.integrity._reading import SHOWN, Unread, noting, refuse_unread
from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, Table, TableKind
from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.errors import CannotJudge, DamageFound
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import ResultRow, Session, Statistics
from pytest_dbops.core.severity import Severity

_ARGUMENTS = ("regclass", "boolean", "boolean", "text", "bigint", "bigint")
_HINT = "stop writing, copy the data directory, restore from a backup made before; see the server's log and the disk"


@check(
    "INT003",
    category="integrity",
    severity=Severity.CRITICAL,
    backends=("postgresql",),
    cost=Cost.FULL,
    privilege=Privilege.SUPERUSER,
)
def damaged_table(catalog: Catalog, session: Session, statistics: Statistics) -> Iterator[Finding]:
    """Rows of a table are damaged.

    Statements that meet them fail, or return what was never written; a backup copies the damage. Every table is read by
    `verify_heapam` of the extension amcheck, which blocks nobody; a large one a range of blocks at a time. Without the
    extension the check is skipped; on SQLite INT002 looks at the whole file.

    Stop writing, look at the disk, and restore from a backup made before; what cannot be restored can be saved row by
    row, around the damaged ones.
    """
    schema = require_extension(statistics, "amcheck")
    function = sure_function(session, schema, "verify_heapam", *_ARGUMENTS)
    unread: Unread = []
    for table in stored_tables(catalog):
        if table.kind is TableKind.PLAIN:
            with noting(unread, table.display):
                yield from _damage(catalog, table, function, session)
    refuse_unread(unread)


def _damage(catalog: Catalog, table: Table, function: str, session: Session) -> Iterator[Finding]:
    regclass = sure_text(sure_name(table.schema, table.name)) + "::pg_catalog.regclass"

    def ask(page: Page) -> tuple[Sequence[ResultRow], int]:
        low, behind = page.blocks or (0, None)
        ends = f", startblock => {low:d}" * bool(low) + ("" if behind is None else f", endblock => {behind - 1:d}")
        statement = f"SELECT blkno, offnum, attnum, msg FROM {function}({regclass}{ends})"  # noqa: S608  # quoted names
        return session.sample(statement, SHOWN, page.params)

    first, number, stopped = None, 0, None
    try:
        for _, (rows, count) in read_pages(catalog, table, session, ask):
            first, number = first or (rows[0] if rows else None), number + count
    except CannotJudge as err:
        stopped = err  # what was found before counts all the same
    if first is not None:
        yield Finding(
            table.display,
            f"table {table.display!r} is damaged in {number} places, the first at page {first['blkno']}, row "
            f"{first['offnum']}: {first['msg']}",
            hint=_HINT,
        )
    if isinstance(stopped, DamageFound):
        if first is None:
            yield Finding(table.display, f"table {table.display!r} is damaged: {stopped}", hint=_HINT)
    elif stopped is not None:
        raise stopped
