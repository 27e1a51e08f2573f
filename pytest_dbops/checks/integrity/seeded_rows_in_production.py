"""SED005."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.seed_rehearsal import SeedLedger


@check("SED005", category="integrity", severity=Severity.CRITICAL, kinds=("production",))
def seeded_rows_in_production(seed_ledger: SeedLedger) -> Iterator[Finding]:
    """A production database was seeded.

    Its ledger of seeds has rows: made-up customers and invoices stand among real ones, or the database is a copy of
    one that was seeded. Reports, numbers and bills are wrong then.

    Find the rows by the ledger and take them away, or restore the backup from before.
    """
    for row in seed_ledger.rows:
        of = f" for organization {row.organization}" if row.organization else ""
        yield Finding(
            f"seeded[{row.seeder}, {row.organization}]",
            f"seeder {row.seeder!r} made {row.rows} rows{of} at {row.at[:19]}",
            hint="take them away, or restore the backup from before",
        )
