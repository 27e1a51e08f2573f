"""TEN012."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pytest_dbops.checks._pages import Page, read_pages
from pytest_dbops.checks.privacy._references import LooseReference, loose_references
from pytest_dbops.checks.privacy._tenants import tenants_of
from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog, Table
    from pytest_dbops.core.session import ResultRow, Session
    from pytest_dbops.core.tenancy import TenancyRules

_SHOWN = 10


@check("TEN012", category="privacy", severity=Severity.ERROR, cost=Cost.FULL, privilege=Privilege.SELECT)
def row_of_another_tenant_referred_to(catalog: Catalog, tenancy: TenancyRules, session: Session) -> Iterator[Finding]:
    """A row of one tenant refers to a row of another.

    Whoever follows the reference sees, bills or deletes what is not theirs. It is read along every foreign key
    between tables of tenants that does not carry the tenant, a page at a time where a table is large; a composite key
    cannot hold such a row.

    Find out to whom the row belongs, mend it, and make the foreign key composite.
    """
    scope = tenants_of(catalog, tenancy)
    for loose in loose_references(catalog, scope):
        rows: list[ResultRow] = []
        number, stopped = 0, None
        try:
            for _, (found, count) in read_pages(catalog, loose.child.table, session, partial(_read, loose, session)):
                rows, number = [*rows, *found][:_SHOWN], number + count
        except CannotJudge as err:
            stopped = err  # what was found before counts all the same
        if number:
            yield Finding(
                loose.subject,
                f"{number:,} rows of {loose.child.table.display!r} refer to a row of {loose.parent.table.display!r}"
                " that is another tenant's",
                hint="find out whose they are, then make the foreign key composite",
                evidence=tuple(dict(row) for row in rows),
                identity=loose.key.name,
            )
        if stopped is not None:
            raise stopped


def _read(loose: LooseReference, session: Session, page: Page) -> tuple[Sequence[ResultRow], int]:
    child, parent, key = loose.child, loose.parent, loose.key
    own = child.table.primary_key.columns if child.table.primary_key else key.columns
    shown = ", ".join(f"c.{_sure(name)}" for name in dict.fromkeys((*own, *key.columns)))
    pairs = " AND ".join(
        f"c.{_sure(one)} = p.{_sure(other)}" for one, other in zip(key.columns, key.target_columns, strict=True)
    )
    statement = (
        f"SELECT {shown} FROM {page.source('c')} JOIN {_from(parent.table)} AS p ON {pairs}"  # noqa: S608  # names of the catalog, quoted
        f" WHERE {page.condition('c')} AND c.{_sure(child.column)} <> p.{_sure(parent.column)} ORDER BY {shown}"
    )
    return session.sample(statement, _SHOWN, page.params)


def _from(table: Table) -> str:
    return f"{_sure(table.schema)}.{_sure(table.name)}"


def _sure(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
