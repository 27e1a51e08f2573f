"""ENC004."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pytest_dbops.checks.encryption.key_near_its_limit import key_near_its_limit
from pytest_dbops.core.check import Settings, check_of
from pytest_dbops.core.encryption import EncryptedColumns, KeyRecord, KeyRecords, KeyState, Purpose
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.key_use import MOST_SEALED, KeyUse, KeyUses
from pytest_dbops.core.severity import Severity
from tests.checks.encryption.test_key_past_its_period import COLUMNS

NOW = datetime(2027, 1, 1, tzinfo=UTC)
ID = "0c4f7c54"


def ask(
    reserved: int, state: KeyState = KeyState.ACTIVE, since: date | None = None, columns: EncryptedColumns = COLUMNS,
    *, is_counted: bool = True,
) -> list[Finding]:  # fmt: skip
    made = check_of(key_near_its_limit)
    assert made is not None
    uses = KeyUses((KeyUse(f"{ID}/customer/email", reserved),) if reserved else (), is_counted)
    records = KeyRecords((KeyRecord(ID, "2026", Purpose.DATA, state, activated=since),))
    return list(key_near_its_limit(uses, records, columns, NOW, Settings(made.settings)))


@pytest.mark.parametrize(
    ("percent", "severities"), [(49, []), (50, [None]), (89, [None]), (90, [Severity.ERROR]), (100, [Severity.ERROR])]
)
def test_share_of_the_limit_is_a_warning_and_then_an_error(percent: int, severities: list[Severity | None]) -> None:
    assert [each.severity for each in ask(-(-MOST_SEALED * percent // 100))] == severities


def test_pace_that_reaches_the_limit_soon_is_a_warning() -> None:
    (finding,) = ask(MOST_SEALED // 4, since=NOW.date() - timedelta(days=60))
    assert finding.message.endswith("25 % of 4294967296, the limit of one key; at its pace it is reached in 180 days")
    assert ask(MOST_SEALED // 4, since=NOW.date() - timedelta(days=61)) == []
    assert ask(MOST_SEALED // 4) == []


def test_key_that_seals_no_more_is_left_alone() -> None:
    assert ask(MOST_SEALED, KeyState.RETIRED) == []


def test_uses_that_nobody_counts_are_told_as_a_note() -> None:
    assert [each.severity for each in ask(0, is_counted=False)] == [Severity.INFO]
    assert ask(0) == []


def test_without_columns_there_is_nothing_to_count() -> None:
    with pytest.raises(DoesNotApply):
        ask(0, columns=EncryptedColumns())
    with pytest.raises(CannotJudge, match="no import"):
        ask(0, columns=EncryptedColumns(problem="no import"))
