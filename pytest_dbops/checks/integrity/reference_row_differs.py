"""SED004."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.seed_rehearsal import ReferenceRows

_HINT = "bring it by a migration, or mend the seeds"
_SAID = {
    "missing": "is in the seeds and not in the target",
    "extra": "is in the target and not in the seeds",
    "differs": "is another in the target than in the seeds",
}


@check("SED004", category="integrity", severity=Severity.ERROR, cost=Cost.FULL, privilege=Privilege.SELECT)
def reference_row_differs(reference_rows: ReferenceRows) -> Iterator[Finding]:
    """A row of reference data in the target is not what the seeds say.

    Reference data (a seeder with `is_reference=True`) are facts that every environment shares: code relies on them,
    and tests ran against those of the seeds. A row that was edited by hand, or never brought along, makes the target
    a system that nobody has tested.

    Bring the row by a migration, or put what is right now into the seeds.
    """
    if not reference_rows.tables:
        raise DoesNotApply("no seeder says that its rows are reference data (is_reference=True)")
    for table, key, kind in reference_rows.differences:
        yield Finding(f"{table}[{key}]", f"row {key} of {table!r} {_SAID[kind]}", hint=_HINT)
