"""Plans for servers that no test can have: replicas, transactions that have been open for hours, a version to come."""

from __future__ import annotations

from typing import Any

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.session import Identity, Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.operations.maintaining.looking import Seen
from pytest_dbops.operations.maintaining.planning.tables import bloated_tables, dead_rows

ENTRY = {"schema": "public", "name": "entry", "options": None}
ACTIVITY = {**ENTRY, "rows": 10, "live_rows": 10, "dead_rows": 9_000, "bytes": 8_192}
FILL = {**ENTRY, "pages": 1_000, "page_bytes": 8_192}


def seen(code: str, *, version: tuple[int, int] = (16, 4), **parts: list[dict[str, Any]]) -> Seen:
    finding = Finding("entry", "as the check said", code=Code(code), severity=Severity.WARNING)
    identity = Identity("db.example.com:5432", "books", "gate", None, "PostgreSQL", version)
    statistics = Statistics("postgresql", version, "2026-11-29T12:00:00+00:00", {}, parts, {})
    return Seen(
        identity, Catalog("postgresql", version[0] * 10_000 + version[1]), statistics, (finding,), (), frozenset()
    )


def test_pages_are_not_given_back_while_replicas_would_have_to_lock_for_it() -> None:
    (alone,) = dead_rows(seen("PRF007", table_activity=[ACTIVITY]))
    (replicated,) = dead_rows(seen("PRF007", table_activity=[ACTIVITY], replicas=[{"pid": 7}]))
    assert (alone.statements, replicated.statements) == (
        ('VACUUM "public"."entry"',), ('VACUUM (TRUNCATE FALSE) "public"."entry"',),
    )  # fmt: skip


def test_transaction_that_keeps_dead_rows_is_named() -> None:
    holder = {"pid": 42, "xmin_age": 900, "transaction_s": 7_300.0, "is_own": False}
    young = {"pid": 43, "xmin_age": 1_000, "transaction_s": 2.0, "is_own": False}
    (step,) = dead_rows(seen("PRF007", table_activity=[ACTIVITY], activity=[holder, young]))
    assert step.note == "session 42 has a transaction open for 2 h: rows that died since then stay"


def test_table_is_rewritten_by_what_its_version_knows() -> None:
    (old,) = bloated_tables(seen("STO004", version=(18, 1), fill=[FILL]))
    (new,) = bloated_tables(seen("STO004", version=(19, 0), fill=[FILL]))
    assert [(each.statements, each.is_blocking, each.runs_alone) for each in (old, new)] == [
        (('VACUUM (FULL, ANALYZE) "public"."entry"',), True, False),
        (('REPACK (CONCURRENTLY) "public"."entry"',), False, False),
    ]
