"""Everything a tenant may try on one table: it leaks or is refused, and its own rows must stay within reach."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.backends.postgresql.tenancy.case import (
    Case,
    Reach,
    Told,
    changed_more,
    foreign,
    insertion,
    let_through,
    unclear,
)
from pytest_dbops.backends.postgresql.tenancy.merging import merged, upserted
from pytest_dbops.backends.postgresql.tenancy.stage import Rows, Stage, sure, sure_table
from pytest_dbops.core.catalog import TableKind
from pytest_dbops.core.tenancy import Attempt, Leak

_NO_COPY_WITH_POLICIES = "0A000"


def attempts(stage: Stage, case: Case) -> Iterator[Told]:
    """Try everything on one table, cheapest first; what was refused is not told."""
    yield from _seen(stage, case)
    yield from _written_for_another(stage, case)
    yield from _changed(stage, case)
    yield from _as_owner(stage, case)
    yield from upserted(stage, case)
    yield from merged(stage, case)


def seen_unnamed(stage: Stage, rows: Rows, tenant: str | None, told: str) -> Iterator[Leak]:
    """Yield a leak where a session that names no tenant sees rows; before any has been named, `tenant` is None."""
    table = rows.tenant_table
    condition = f"{sure(table.column)} IS NOT NULL" if table.is_shared else "true"
    with stage.attempt(tenant):
        answer = stage.ask(f"SELECT pg_catalog.count(*) FROM {sure_table(table)} WHERE {condition}")  # noqa: S608  # quoted names
    if answer.rows and answer.rows[0][0]:
        yield Leak(table.table.display, Attempt.UNNAMED, f"{_many(answer.rows[0][0])} seen by a session {told}")


def _seen(stage: Stage, case: Case) -> Iterator[Told]:
    target, column, own = case.target, case.column, case.own
    counts = (
        f"SELECT pg_catalog.count(*) FILTER (WHERE {column}::text = %s),"  # noqa: S608  # quoted names
        f" pg_catalog.count(*) FILTER (WHERE {foreign(case)}),"
        f" pg_catalog.count(*) FILTER (WHERE {column} IS NULL) FROM {target}"
    )
    # The empty text is what a setting holds once a transaction that set it has ended.
    yield from seen_unnamed(stage, case.rows, "", "whose tenant is the empty text")
    with stage.attempt(case.actor):
        answer = stage.ask(counts, (case.actor, case.actor))
    yield from unclear(case, "SELECT", answer)
    seen_own, seen_others, seen_shared = answer.rows[0] if answer.rows else (0, 0, 0)
    if seen_others:
        yield Leak(case.name, Attempt.READ, f"{_many(seen_others)} seen by tenant {case.actor!r}")
    if own:
        yield Reach("SELECT", f"{seen_own} of {own}")
    if case.rows.tenant_table.is_shared:
        yield Reach("SELECT of what belongs to all", f"{seen_shared} of {case.rows.of(None)}")
    if case.rows.tenant_table.table.kind is not TableKind.PARTITIONED:  # COPY takes no partitioned table
        with stage.attempt(case.actor):
            answer, _ = stage.copy_out(f"COPY {target} TO STDOUT")
        if answer.touched > own + (case.rows.of(None) if case.rows.tenant_table.is_shared else 0):
            yield Leak(case.name, Attempt.COPY_OUT, f"{answer.touched} rows copied out, {own} are its own")


def _written_for_another(stage: Stage, case: Case) -> Iterator[Told]:
    with stage.attempt(case.actor):
        answer = stage.ask(insertion(case), (case.document,))
    yield from let_through(case, Attempt.INSERT, answer)
    with stage.attempt(case.actor):
        answer = stage.copy_in(f"COPY {case.target} ({case.names}) FROM STDIN", case.copied)
    if answer.sqlstate != _NO_COPY_WITH_POLICIES:
        yield from let_through(case, Attempt.COPY_IN, answer)
    if case.rows.tenant_table.is_shared:
        with stage.attempt(case.actor):
            answer = stage.ask(insertion(case), (case.shared_document,))
        if not answer.sqlstate or answer.met_a_constraint:
            yield Leak(case.name, Attempt.INSERT, f"a row of all tenants was let through for {case.actor!r}")
    if case.own_document:
        with stage.attempt(case.actor):
            answer = stage.ask(insertion(case), (case.own_document,))
        yield Reach("INSERT", "refused" if answer.is_refused else "let through")


def _changed(stage: Stage, case: Case) -> Iterator[Told]:
    # Without WHERE: a condition on a column would ask the policies for SELECT as well, which may hide what those for
    # UPDATE and DELETE let through (PostgreSQL manual, CREATE POLICY).
    target, column, own = case.target, case.column, case.own
    with stage.attempt(case.actor):
        answer = stage.ask(f"UPDATE {target} SET {column} = %s", (case.actor,))  # noqa: S608  # quoted names
    if answer.touched > own or answer.met_a_constraint:
        yield Leak(case.name, Attempt.UPDATE, changed_more(answer, own))
    yield from unclear(case, "UPDATE", answer)
    if own:
        yield Reach("UPDATE", "refused" if answer.sqlstate else f"{min(answer.touched, own)} of {own}")
        with stage.attempt(case.actor):
            answer = stage.ask(f"UPDATE {target} SET {column} = %s", (case.victim,))  # noqa: S608  # as above
        if answer.touched or answer.met_a_constraint:
            yield Leak(case.name, Attempt.MOVE, "an UPDATE of the tenant's column was let through")
    with stage.attempt(case.actor):
        answer = stage.ask(f"DELETE FROM {target}")  # noqa: S608  # as above
    if answer.touched > own:
        yield Leak(case.name, Attempt.DELETE, changed_more(answer, own))
    yield from unclear(case, "DELETE", answer)
    if own:
        yield Reach("DELETE", "refused" if answer.sqlstate else f"{min(answer.touched, own)} of {own}")


def _as_owner(stage: Stage, case: Case) -> Iterator[Told]:
    owner = case.rows.tenant_table.table.owner
    with stage.attempt(case.actor, role=owner):
        answer = stage.ask(
            f"SELECT pg_catalog.count(*) FROM {case.target} WHERE {foreign(case)}", (case.actor,)  # noqa: S608  # quoted names
        )  # fmt: skip
    if answer.rows and answer.rows[0][0]:
        yield Leak(case.name, Attempt.OWNER, f"{_many(answer.rows[0][0])} seen by the owner {owner!r}")


def _many(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"
