"""SCH009."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import column_display, stored_tables
from pytest_dbops.checks.schema._statements import add_constraint, quoted_list
from pytest_dbops.core.catalog import (
    Catalog,
    CheckConstraint,
    ForeignKey,
    NotNullConstraint,
    Table,
    quote_identifier,
)
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

_Rule = ForeignKey | CheckConstraint | NotNullConstraint


@check("SCH009", category="schema", severity=Severity.WARNING, is_static=True)
def constraint_not_in_force(catalog: Catalog, session: Session) -> Iterator[Finding]:
    """A constraint is declared, but does not hold for all rows.

    NOT VALID leaves rows older than the constraint unproved, NOT ENFORCED (PostgreSQL 18) proves nothing, and
    yet readers of the schema rely on both. On SQLite a foreign key whose parent table or unique key is missing
    makes every change of the row fail (an error), and foreign keys count only on connections that ask for them:
    whether the application's do cannot be seen from here, so that is a note, and the rows themselves are
    INT006's matter.

    Validate the constraint after mending the rows; on SQLite set `PRAGMA foreign_keys = ON` on every connection.
    """
    for table in stored_tables(catalog):
        rules: list[_Rule] = [*table.foreign_keys, *table.check_constraints, *table.not_null_constraints]
        for rule in rules:
            if not rule.is_inherited:
                yield from _not_in_force(table, rule)
        for foreign_key in table.foreign_keys:
            yield from _without_parent(catalog, table, foreign_key)
    if catalog.dialect == "sqlite":
        yield from _left_to_the_connection(catalog, session)


def _not_in_force(table: Table, rule: _Rule) -> Iterator[Finding]:
    subject = f"{table.display}.{rule.name}"
    if not rule.is_enforced:
        yield Finding(
            subject,
            f"constraint {rule.name!r} of {table.display!r} is not enforced: no row is held to it",
            hint=f"ALTER TABLE {table.quoted} {_enforce(rule)};",
        )
    elif not rule.is_validated:
        yield Finding(
            subject,
            f"constraint {rule.name!r} of {table.display!r} is not validated: older rows may break it",
            hint=f"ALTER TABLE {table.quoted} VALIDATE CONSTRAINT {quote_identifier(rule.name)};",
        )


def _enforce(rule: _Rule) -> str:
    """Return the action that enforces a constraint; PostgreSQL 18 can switch foreign keys only."""
    name = quote_identifier(rule.name)
    if isinstance(rule, CheckConstraint):
        return f"DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({rule.expression})"
    return f"ALTER CONSTRAINT {name} ENFORCED"


def _without_parent(catalog: Catalog, table: Table, foreign_key: ForeignKey) -> Iterator[Finding]:
    """Yield what only SQLite allows: a key that refers to no table, or to columns that are not unique."""
    if catalog.dialect != "sqlite":
        return
    subject = column_display(table, *foreign_key.columns)
    parent = next((t for t in catalog.tables if t.name.lower() == foreign_key.target_table.lower()), None)
    columns = ", ".join(foreign_key.target_columns)
    if parent is None:
        yield Finding(
            subject,
            f"{subject!r} refers to table {foreign_key.target_table!r}, which does not exist",
            hint=f"create {foreign_key.target_table!r}, or rebuild {table.quoted} without this foreign key",
            identity=foreign_key.target,
            severity=Severity.ERROR,
        )
    elif not _is_unique(parent, foreign_key.target_columns):
        yield Finding(
            subject,
            f"{subject!r} refers to {parent.display!r} ({columns}), which is no unique key of it",
            hint=add_constraint(catalog, parent, f"UNIQUE ({quoted_list(foreign_key.target_columns)})"),
            identity=foreign_key.target,
            severity=Severity.ERROR,
        )


def _is_unique(parent: Table, columns: tuple[str, ...]) -> bool:
    wanted = {column.lower() for column in columns}
    keys = [parent.primary_key, *parent.unique_constraints]
    unique = [key.columns for key in keys if key is not None]
    unique += [
        tuple(name for name in index.columns if name is not None)
        for index in parent.indexes
        if index.is_unique and not index.is_partial and None not in index.columns
    ]
    return not wanted or any({name.lower() for name in names} == wanted for names in unique)


def _left_to_the_connection(catalog: Catalog, session: Session) -> Iterator[Finding]:
    count = sum(len(table.foreign_keys) for table in catalog.tables)
    if count and not session.scalar("SELECT sqlite_compileoption_used('DEFAULT_FOREIGN_KEYS=1')"):
        yield Finding(
            "pragma.foreign_keys",
            f"{count} foreign keys count only on connections that ask for it; SQLite's default is off",
            hint="PRAGMA foreign_keys = ON; on every connection the application opens",
            severity=Severity.INFO,
        )
