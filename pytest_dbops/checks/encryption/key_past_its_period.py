"""ENC003."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.encryption_terms import KeyState
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.encryption import EncryptedColumns, KeyRecord, KeyRecords


@check("ENC003", category="encryption", severity=Severity.WARNING, settings={"active_days": 730, "retired_days": 1095})
def key_past_its_period(
    key_records: KeyRecords, encrypted_columns: EncryptedColumns, clock: datetime, settings: Settings
) -> Iterator[Finding]:
    """A root key has been in use for longer than its period, or nobody knows for how long.

    The longer a key seals, the more is lost with it. `active_days` is how long one seals (two years, as NIST SP 800-57
    part 1 recommends for data keys), `retired_days` how long a retired one still opens before its fields should have
    been rotated. Ages are counted from the dates in `[[key]]`.

    Make a new key active, then rotate.
    """
    if encrypted_columns.problem:
        raise CannotJudge(encrypted_columns.problem)
    if not encrypted_columns.columns:
        raise DoesNotApply("no model has an encrypted column")
    if not key_records.records:
        raise DoesNotApply("no key is configured here")
    today = clock.date()
    for record in key_records.records:
        if record.state is KeyState.ACTIVE:
            yield from _active(record, today, settings.number("active_days"))
        elif record.state is KeyState.RETIRED:
            yield from _retired(record, today, settings.number("retired_days"))


def _active(record: KeyRecord, today: date, limit: float) -> Iterator[Finding]:
    since = record.activated or record.created
    subject = _subject(record)
    if since is None:
        yield Finding(
            subject, "is active, and since when is not known", hint="add `activated` to its [[key]]",
            identity="no date", severity=Severity.INFO,
        )  # fmt: skip
    elif (today - since).days > limit:
        yield Finding(
            subject, f"has been active for {(today - since).days} days; {limit:g} are the limit",
            hint="make a new key active, and seal the fields again", identity="active",
        )  # fmt: skip


def _retired(record: KeyRecord, today: date, limit: float) -> Iterator[Finding]:
    if record.retired is not None and (today - record.retired).days > limit:
        yield Finding(
            _subject(record), f"was retired {(today - record.retired).days} days ago; {limit:g} are the limit",
            hint="rotate what is on it, then destroy it", identity="retired",
        )  # fmt: skip


def _subject(record: KeyRecord) -> str:
    return f"key {record.name} ({record.purpose})" + (f" of tenant {record.tenant}" if record.tenant else "")
