"""What one statement does that reads and writes at once: INSERT ... ON CONFLICT, and MERGE.

Policies of several commands have a say in them, in another way than where each command comes alone (PostgreSQL manual,
CREATE POLICY, "Policies Applied by Command Type").
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.backends.postgresql.tenancy.case import (
    Case,
    Told,
    changed_more,
    insertion,
    let_through,
    unclear,
    written_columns,
)
from pytest_dbops.backends.postgresql.tenancy.stage import Answer, Stage, sure, sure_text
from pytest_dbops.core.tenancy import Attempt, Leak
from pytest_dbops.core.tenancy.keys import conflict_keys

MERGE_SINCE, MERGE_OF_VIEWS_SINCE = 150000, 170000
"""Server versions, as libpq counts them."""
_NOT_DONE_HERE = frozenset({"0A000", "42P10", "55000"})
"""What the server does on no such table or key: MERGE beside rules, a key whose check is deferred."""


def upserted(stage: Stage, case: Case) -> Iterator[Told]:
    """Try to write the other's row, and to take it over where a key has no tenant in it."""
    with stage.attempt(case.actor):
        answer = stage.ask(f"{insertion(case)} ON CONFLICT DO NOTHING RETURNING 1", (case.document,))
    yield from let_through(case, Attempt.UPSERT, answer)
    for key in conflict_keys(case.rows.tenant_table.table):
        has_tenant = case.rows.tenant_table.column in key
        update = f"ON CONFLICT ({', '.join(map(sure, key))}) DO UPDATE SET {case.column} = excluded.{case.column}"
        document = case.document if has_tenant else case.taken_document
        with stage.attempt(case.actor):
            answer = stage.ask(f"{insertion(case)} {update}", (document,))
            left = _left_of_the_other(stage, case)
        if answer.sqlstate in _NOT_DONE_HERE:
            continue
        if has_tenant:
            yield from let_through(case, Attempt.UPSERT, answer)
        elif left < case.rows.of(case.victim):
            told = f"a row of tenant {case.victim!r} was taken over by its ({', '.join(key)})"
            yield Leak(case.name, Attempt.UPSERT, told)


def merged(stage: Stage, case: Case) -> Iterator[Told]:
    """Try what MERGE does with rows that match, and with one that does not."""
    if stage.connection.info.server_version < MERGE_SINCE:
        return
    for then in (f"UPDATE SET {case.column} = {sure_text(case.actor)}", "DELETE"):
        with stage.attempt(case.actor):
            answer = stage.ask(f"MERGE INTO {case.target} AS t USING (SELECT 1) AS s ON true WHEN MATCHED THEN {then}")
        if answer.touched > case.own or answer.met_a_constraint:
            yield Leak(case.name, Attempt.MERGE, changed_more(answer, case.own))
        yield from _unclear(case, answer)
    values = ", ".join(f"s.{sure(name)}" for name in written_columns(case.rows))
    row = f"pg_catalog.jsonb_populate_record(NULL::{case.target}, %s::jsonb)"
    insert = f"INSERT ({case.names}) OVERRIDING SYSTEM VALUE VALUES ({values})"  # noqa: S608  # quoted names
    with stage.attempt(case.actor):
        answer = stage.ask(
            f"MERGE INTO {case.target} AS t USING {row} AS s ON false WHEN NOT MATCHED THEN {insert}",
            (case.document,),
        )
    if answer.sqlstate not in _NOT_DONE_HERE:
        yield from let_through(case, Attempt.MERGE, answer)


def _left_of_the_other(stage: Stage, case: Case) -> int:
    """Return how many rows the other still has, whatever the attempt made of them; in the attempt, as superuser."""
    stage.ask("SET LOCAL SESSION AUTHORIZATION DEFAULT")
    found = stage.ask(f"SELECT pg_catalog.count(*) FROM {case.target} WHERE {case.column}::text = %s", (case.victim,))  # noqa: S608  # quoted names
    return int(found.rows[0][0]) if found.rows else case.rows.of(case.victim)


def _unclear(case: Case, answer: Answer) -> Iterator[Told]:
    if answer.sqlstate not in _NOT_DONE_HERE:
        yield from unclear(case, "MERGE", answer)
