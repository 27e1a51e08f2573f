"""STO011."""

from __future__ import annotations

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.storage.wasteful_column_order import wasteful_column_order
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import Target

WASTEFUL = "CREATE TABLE entry (a boolean, b bigint, c boolean, d bigint, e boolean, f bigint)"
ORDERED = "CREATE TABLE entry (b bigint, d bigint, f bigint, a boolean, c boolean, e boolean)"


def _asked(target: Target, table: str, rows: int) -> list[Finding]:
    target.admin(table)
    target.admin("INSERT INTO entry SELECT FROM generate_series(1, 10)")
    target.admin("ANALYZE entry")
    with session_on(target.url()) as session:
        backend = backend_for("postgresql")
        catalog, statistics = backend.read_catalog(session), backend.read_statistics(session)
    return ask(wasteful_column_order, catalog=catalog, statistics=statistics, thresholds={"fewest_rows": rows})


def test_order_that_wastes_room_is_told(target: Target) -> None:
    findings = _asked(target, WASTEFUL, 10)
    assert facts(findings, wasteful_column_order) == [("entry", Severity.INFO)]
    assert "about 72 bytes and would take 56" in findings[0].message


def test_wide_columns_first_are_fine(target: Target) -> None:
    assert _asked(target, ORDERED, 10) == []


def test_table_of_few_rows_is_fine(target: Target) -> None:
    assert _asked(target, WASTEFUL, 11) == []
