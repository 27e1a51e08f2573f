"""ENC004."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.encryption_terms import KeyState, Purpose
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.key_use import MOST_SEALED
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.encryption import EncryptedColumns, KeyRecord, KeyRecords
    from pytest_dbops.core.key_use import KeyUse, KeyUses


@check(
    "ENC004", category="encryption", severity=Severity.WARNING,
    settings={"warn_percent": 50, "error_percent": 90, "warn_days": 180},
)  # fmt: skip
def key_near_its_limit(
    key_uses: KeyUses, key_records: KeyRecords, encrypted_columns: EncryptedColumns, clock: datetime, settings: Settings
) -> Iterator[Finding]:
    """A data key has sealed nearly as many fields as one key may.

    With random nonces a key seals 2^32 fields at most (NIST SP 800-38D, 8.3); then sealing stops, and the application
    with it. What is counted is what the programs that write into this database have reserved (`count_encryptions`). A
    share of `warn_percent` of the limit is a warning, `error_percent` an error; so is, as a warning, a key that will
    reach it within `warn_days` at the pace it has had since it became active. Where nobody counts, that is told.

    Make a new key active, then rotate: a rotation seals each field once more, under the new key.
    """
    if encrypted_columns.problem:
        raise CannotJudge(encrypted_columns.problem)
    if not encrypted_columns.columns:
        raise DoesNotApply("no encrypted column is known")
    if not key_uses.is_counted:
        yield Finding(
            "keys", "what they have sealed is not counted beside the data; each process counts for itself",
            hint="call pytest_dbops.count_encryptions(engine) where programs start (dbops compliance keys table)",
            identity="not counted", severity=Severity.INFO,
        )  # fmt: skip
    records = {each.id: each for each in key_records.records if each.id and each.purpose is Purpose.DATA}
    for use in key_uses.uses:
        yield from _judged(use, records.get(use.key_id), clock.date(), settings)


def _judged(use: KeyUse, record: KeyRecord | None, today: date, settings: Settings) -> Iterator[Finding]:
    if record is not None and record.state not in (KeyState.ACTIVE, KeyState.PRE_ACTIVE):
        return  # it seals no more
    percent = 100 * use.reserved / MOST_SEALED
    told = f"has sealed {use.reserved} fields at most, {percent:.0f} % of {MOST_SEALED}, the limit of one key"
    subject = f"data key {use.data_key}"
    hint = "make a new key active (dbops compliance keys add), and rotate"
    if percent >= settings.number("warn_percent"):
        is_error = percent >= settings.number("error_percent")
        yield Finding(
            subject, told, hint=hint, identity="share", severity=Severity.ERROR if is_error else None
        )  # fmt: skip
        return
    days = _days_left(use, record, today)
    if days is not None and days <= settings.number("warn_days"):
        yield Finding(subject, f"{told}; at its pace it is reached in {days} days", hint=hint, identity="pace")


def _days_left(use: KeyUse, record: KeyRecord | None, today: date) -> int | None:
    """Return the days until the limit at the pace so far; None where there is no pace to know."""
    since = None if record is None else record.activated or record.created
    if since is None or not use.reserved:
        return None
    age_days = max(1, (today - since).days)
    return int((MOST_SEALED - use.reserved) * age_days / use.reserved)
