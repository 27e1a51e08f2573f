"""INT010."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_dbops.checks._pages import Page, read_pages
from pytest_dbops.checks.integrity._reading import Unread, noting, read_tables, refuse_unread, sampled
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import ResultRow, Session
from pytest_dbops.core.severity import Severity


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of a table: how it is told, and the condition under which a row breaks it."""

    name: str
    broken: str


@check(
    "INT010",
    category="integrity",
    severity=Severity.ERROR,
    cost=Cost.FULL,
    privilege=Privilege.SELECT,
    settings={"most_rows": 20_000_000},
)
def rule_broken_by_rows(catalog: Catalog, session: Session, settings: Settings) -> Iterator[Finding]:
    """Rows break a CHECK or NOT NULL that their table declares.

    Code that trusts the rule goes wrong on them, and a restore of the dump fails. They were written before the rule
    was validated, by a connection that had rules off (`PRAGMA ignore_check_constraints`), before a function in the
    rule was changed, or by damage. Each table is read once, for all of its rules together, a page at a time where it is
    large. On PostgreSQL one of more than `most_rows` is sampled, and an info says so.

    Mend the rows, then validate the constraint: ALTER TABLE ... VALIDATE CONSTRAINT.
    """
    unread: Unread = []
    for table in read_tables(catalog):
        rules = list(_rules(table))
        if rules:
            with noting(unread, table.display):
                yield from _broken(catalog, table, rules, session, settings)
    refuse_unread(unread)


def _rules(table: Table) -> Iterator[_Rule]:
    for number, constraint in enumerate(table.check_constraints, start=1):
        yield _Rule(constraint.name or f"check {number}", f"NOT ({constraint.expression})")
    for column in table.columns:
        if column.not_null:
            yield _Rule(f"{column.name} NOT NULL", f"{sure_name(column.name)} IS NULL")


def _broken(
    catalog: Catalog, table: Table, rules: list[_Rule], session: Session, settings: Settings
) -> Iterator[Finding]:
    # sum(CASE) and not FILTER with the expression in it: both products take it, whatever the expression is.
    sums = ", ".join(
        f"coalesce(sum(CASE WHEN {rule.broken} THEN 1 ELSE 0 END), 0) AS rule_{n}" for n, rule in enumerate(rules)
    )

    def ask(page: Page) -> ResultRow:
        sql = f"SELECT {sums} FROM {page.source()} WHERE {page.condition()}"  # noqa: S608  # quoted names, and rules of the catalog
        return session.query(sql, page.params)[0]

    broken, percent, stopped = Counter[int](), 100.0, None
    try:
        for page, row in read_pages(catalog, table, session, ask, most_rows=settings.number("most_rows")):
            broken.update({n: int(row[f"rule_{n}"]) for n in range(len(rules))})
            percent = page.percent
    except CannotJudge as err:
        stopped = err  # what was found before counts all the same
    for n, rule in enumerate(rules):
        if broken[n]:
            yield Finding(
                table.display,
                f"{broken[n]} rows of {table.display!r} break its rule {rule.name!r}",
                hint="mend the rows, then ALTER TABLE ... VALIDATE CONSTRAINT",
                identity=rule.name,
            )
    if stopped is not None:
        raise stopped
    yield from sampled(table, percent)
