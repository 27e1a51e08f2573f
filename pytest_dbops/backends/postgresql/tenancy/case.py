"""One table as it is tried: who acts on it, for whose rows, and what is said of the answers to all attempts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_dbops.backends.postgresql.tenancy.stage import Answer, Rows, Stage, sure, sure_table, sure_text
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy import Attempt, Leak, Unproved


@frozen
class Case:
    """One table as it is tried: who acts, whose rows are tried for, and such a row as COPY and JSON have it."""

    rows: Rows
    actor: str
    victim: str
    document: str
    own_document: str
    copied: bytes

    @property
    def target(self) -> str:
        """The table as SQL names it."""
        return sure_table(self.rows.tenant_table)

    @property
    def column(self) -> str:
        """The tenant's column as SQL names it."""
        return sure(self.rows.tenant_table.column)

    @property
    def names(self) -> str:
        """The columns that take values, as SQL lists them."""
        return ", ".join(map(sure, written_columns(self.rows)))

    @property
    def own(self) -> int:
        """How many rows are the actor's."""
        return self.rows.of(self.actor)

    @property
    def shared_document(self) -> str:
        """A row as JSON that has no tenant."""
        return json.dumps({**json.loads(self.document), self.rows.tenant_table.column: None})

    @property
    def taken_document(self) -> str:
        """The other's row as JSON, said to be the actor's: it meets the other's where a key has no tenant."""
        actor = json.loads(self.own_document)[self.rows.tenant_table.column] if self.own_document else self.actor
        return json.dumps({**json.loads(self.document), self.rows.tenant_table.column: actor})

    @property
    def name(self) -> str:
        """How findings name the table."""
        return self.rows.tenant_table.table.display


@frozen
class Reach:
    """Whether the actor reaches its own rows by one command: what a control compares."""

    command: str
    result: str


Told = Leak | Unproved | Reach


def prepare_case(stage: Stage, rows: Rows, tenants: tuple[str, str]) -> Case | Unproved:
    """Return how a table is tried; Unproved where no row of a tenant is in it."""
    present = sorted(rows.tenants, key=lambda tenant: (tenant not in tenants, tenant))[:2]
    if not present:
        return Unproved(rows.tenant_table.table.display, "it holds no row of a tenant")
    actor, victim = present if len(present) > 1 else (next(t for t in tenants if t not in present), present[0])
    target, column = sure_table(rows.tenant_table), sure(rows.tenant_table.column)
    names = ", ".join(map(sure, written_columns(rows)))

    def document(tenant: str) -> str:
        found = stage.ask(
            f"SELECT pg_catalog.to_jsonb(t)::text FROM {target} AS t WHERE {column}::text = %s LIMIT 1", (tenant,)  # noqa: S608  # quoted names
        )  # fmt: skip
        return str(found.rows[0][0]) if found.rows else ""

    one = f"SELECT {names} FROM {target} WHERE {column}::text = {sure_text(victim)} LIMIT 1"  # noqa: S608  # quoted names
    _, copied = stage.copy_out(f"COPY ({one}) TO STDOUT")
    return Case(rows, actor, victim, document(victim), document(actor), copied)


def written_columns(rows: Rows) -> tuple[str, ...]:
    """Return the columns of a table that take values."""
    return tuple(column.name for column in rows.tenant_table.table.columns if not column.generated)


def let_through(case: Case, attempt: Attempt, answer: Answer) -> Iterator[Told]:
    """Tell of a row of the other's that was not refused, and of what ended it for another reason."""
    if not answer.sqlstate:
        yield Leak(case.name, attempt, f"a row of tenant {case.victim!r} was written by {case.actor!r}")
    elif answer.met_a_constraint:
        yield Leak(case.name, attempt, "the policies let it through; only a constraint was in its way")
    elif answer.is_unclear:
        yield Unproved(case.name, f"{attempt.value}: {answer.said}")


def unclear(case: Case, command: str, answer: Answer) -> Iterator[Told]:
    """Tell of a statement that ended for a reason that says nothing of the policies."""
    if answer.is_unclear:
        yield Unproved(case.name, f"{command}: {answer.said}")


def foreign(case: Case) -> str:
    """Return the condition on rows that are not the actor's; a shared one without a tenant is everybody's."""
    column = case.column
    is_other = f"{column}::text IS DISTINCT FROM %s"
    return f"{is_other} AND {column} IS NOT NULL" if case.rows.tenant_table.is_shared else is_other


def insertion(case: Case) -> str:
    """Return the INSERT of a row that is given as JSON."""
    target, names = case.target, case.names
    return (
        f"INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE SELECT {names}"  # noqa: S608  # quoted names
        f" FROM pg_catalog.jsonb_populate_record(NULL::{target}, %s::jsonb)"
    )


def changed_more(answer: Answer, own: int) -> str:
    """Return what is said of a statement that reached more rows than the actor's."""
    if answer.met_a_constraint:
        return "the policies let it through; only a constraint was in its way"
    return f"{answer.touched} rows touched, {own} are its own"
