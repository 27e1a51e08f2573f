"""BAK008."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import good_backups
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.severity import Severity


@check(
    "BAK008",
    category="backup",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"fewest": 3},
)
def too_few_backups(backups: BackupCatalog, environment: Environment, settings: Settings) -> Iterator[Finding]:
    """Fewer backups are kept than there should be.

    Damage is often noticed days after it was done; then the newest backup has it, too. Counted are the backups the
    catalogue knows (`fewest`), but for those whose last verification found something wrong.

    Keep them longer, and see what removes them.
    """
    number = len(good_backups(backups))
    if number < settings.number("fewest"):
        yield Finding(
            environment.name,
            f"{number} good backups of {environment.name!r} are kept; {settings.number('fewest'):g} is the least",
            hint="keep backups longer",
        )
