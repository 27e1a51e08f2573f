"""Count the rows that are old by `[[archive]]`, and say what stands against moving them; reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pytest_dbops.checks._pages import Page, read_whole_or_pages
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, Table, TableKind
from pytest_dbops.core.check import Cost
from pytest_dbops.core.deploy.preconditions import destroy_refusals
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.maintenance.archive import ArchiveRule, OldRows, OldRowsFound
from pytest_dbops.core.session import Session

_TIMES = ("date", "timestamp", "datetime", "text")
_KEEPS_ROWS = ("NO ACTION", "RESTRICT")


def find_old_rows(
    rules: Iterable[ArchiveRule],
    session: Session,
    catalog: Catalog,
    environment: Environment,
    *,
    now: datetime,
    cost: Cost = Cost.FULL,
) -> OldRowsFound:
    """Return what each rule finds now, and why one has no answer."""
    found, uncounted = [], []
    for rule in rules:
        try:
            found.append(count_old_rows(rule, session, catalog, environment, now=now, cost=cost))
        except CannotJudge as err:
            uncounted.append(str(err))
    return OldRowsFound(tuple(found), tuple(uncounted))


def count_old_rows(
    rule: ArchiveRule, session: Session, catalog: Catalog, environment: Environment, *, now: datetime, cost: Cost
) -> OldRows:
    """Return what a rule finds now; raises CannotJudge for one that does not fit the schema, or cannot be asked."""
    if cost is not Cost.FULL:
        raise CannotJudge(f"to count the old rows of {rule.table!r} reads the table (--cost full)")
    table = _table(rule, catalog)
    column = next((each for each in table.columns if each.name == rule.column), None)
    if column is None:
        raise CannotJudge(f"table {rule.table!r} has no column {rule.column!r} (see [[archive]])")
    if not column.type.lower().startswith(_TIMES):
        raise CannotJudge(f"column {rule.column!r} of {rule.table!r} is {column.type}, not a date or a time")
    if table.primary_key is None:
        raise CannotJudge(f"table {rule.table!r} has no primary key, by which copied rows are known again")
    key = table.primary_key.columns
    cutoff = (now - timedelta(days=rule.older_than_days)).date().isoformat()
    before = {"cutoff": cutoff if catalog.dialect == "sqlite" else f"{cutoff} 00:00:00+00"}
    old = _is_old(rule.column, column.type, catalog.dialect)

    name = sure_name(table.name) if catalog.dialect == "sqlite" else sure_name(table.schema, table.name)

    def count(page: Page) -> int:
        sql = f"SELECT count(*) FROM {name} WHERE {page.condition()} AND {old}"  # noqa: S608  # quoted names
        return int(session.scalar(sql, {**before, **page.params}) or 0)

    # As a whole first: an index on the column answers without the table.
    rows = sum(found for _, found in read_whole_or_pages(catalog, table, session, count))
    share = rows / max(table.estimated_rows, rows, 1)
    return OldRows(
        rule, table.schema, table.name, table.display, tuple(each.name for each in table.columns), key,
        tuple(table.column(name).type for name in key), column.type, cutoff, rows,
        round(table.pages * 8192 * share) or rows * 100, _against(table, catalog, environment),
    )  # fmt: skip


def _table(rule: ArchiveRule, catalog: Catalog) -> Table:
    for table in catalog.tables:
        if rule.table in (table.display, f"{table.schema}.{table.name}"):
            if table.kind is TableKind.PLAIN:
                return table
            raise CannotJudge(f"{rule.table!r} is a {table.kind.value}; its rows are not archived (detach partitions)")
    raise CannotJudge(f"there is no table {rule.table!r} (see [[archive]])")


def _is_old(column: str, type_name: str, dialect: str) -> str:
    at = sure_name(column)
    if dialect == "sqlite":
        return f"typeof({at}) = 'text' AND {at} < :cutoff"
    return f"{at} < CAST(:cutoff AS {type_name})"


def _against(table: Table, catalog: Catalog, environment: Environment) -> str:
    """Return what stands against deleting rows after the copy; empty when nothing does."""
    for refusal in destroy_refusals(environment):
        return refusal.message
    if environment.policy.encryption:
        return f"{environment.name!r} wants encryption, and nothing seals a copy on disk yet"
    for other in catalog.tables:
        for key in other.foreign_keys:
            if key.target == table.display and key.on_delete.upper() not in _KEEPS_ROWS:
                return (
                    f"rows of {other.display!r} would change with them ({key.on_delete}), which the copy does not hold"
                )
    return ""
