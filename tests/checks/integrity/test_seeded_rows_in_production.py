"""SED005."""

from __future__ import annotations

from pytest_dbops.checks.integrity.seeded_rows_in_production import seeded_rows_in_production
from pytest_dbops.core.seed_rehearsal import LedgerRow, SeedLedger


def test_each_row_of_the_ledger_is_a_finding() -> None:
    ledger = SeedLedger((LedgerRow("invoices", 2, 50, "2026-01-15T12:00:00Z"),))
    (found,) = seeded_rows_in_production(ledger)
    assert found.message == "seeder 'invoices' made 50 rows for organization 2 at 2026-01-15T12:00:00"


def test_database_that_was_never_seeded_is_no_finding() -> None:
    assert list(seeded_rows_in_production(SeedLedger())) == []
