"""BAK009."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import known_backups, newest
from pytest_dbops.core.check import Privilege, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.severity import Severity


@check("BAK009", category="backup", severity=Severity.ERROR, kinds=RUNTIME_KINDS, privilege=Privilege.FILE)
def backup_in_plain(backups: BackupCatalog) -> Iterator[Finding]:
    """A backup is not encrypted.

    Whoever gets hold of the file, or of the disk it lay on, has every row, whatever the database protects.

    Encrypt it, and remove the plain copy.
    """
    newest(backups)  # none at all is no answer
    for backup in known_backups(backups):
        if not backup.is_encrypted:
            yield Finding(
                backup.name, f"backup {backup.name!r} is not encrypted", hint="encrypt it, and remove the plain copy"
            )
