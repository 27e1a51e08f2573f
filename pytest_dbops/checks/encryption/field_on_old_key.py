"""ENC002."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, Per, Privilege, check
from pytest_dbops.core.encryption_terms import KeyState
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.encryption import FieldAudit


@check(
    "ENC002", category="encryption", severity=Severity.WARNING, cost=Cost.SAMPLE, privilege=Privilege.SELECT,
    per=Per.ENCRYPTED_COLUMN,
)  # fmt: skip
def field_on_old_key(field_audit: FieldAudit) -> Iterator[Finding]:
    """Fields of an encrypted column are still sealed by a key that no longer seals.

    A retired key has to be kept as long as a field is on it, and who has it reads those fields; on a compromised key
    they are as good as open, which is an error.

    While a blind index moves to a second column under another key, fields that have none there yet are told; once that
    key is active programs do not find them, which is an error.

    Run `dbops compliance rotate-key`; the key can be destroyed when no field is left on it.
    """
    if field_audit.unindexed:
        yield Finding(
            field_audit.column,
            f"{field_audit.unindexed} of {field_audit.sealed} fields have no blind index yet in the column that takes"
            " over",
            hint="dbops compliance rotate-key --purpose blind-index", identity="not indexed",
            severity=Severity.ERROR if field_audit.is_follower_asked else None, stands_for=field_audit.unindexed,
        )  # fmt: skip
    for share in field_audit.keys:
        if share.state in (None, KeyState.ACTIVE):
            continue
        yield Finding(
            field_audit.column,
            f"{share.fields} of {field_audit.sealed} fields ({share.fields / field_audit.sealed:.1%}) are on key"
            f" {share.id}, which is {share.state}; they are still to be rotated",
            hint="dbops compliance rotate-key --new-key with the active key",
            identity=share.id,
            severity=Severity.ERROR if share.state is KeyState.COMPROMISED else None,
            stands_for=share.fields,
        )
