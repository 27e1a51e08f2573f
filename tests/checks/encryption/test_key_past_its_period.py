"""ENC003."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pytest_dbops.checks.encryption.key_past_its_period import key_past_its_period
from pytest_dbops.core.check import Settings
from pytest_dbops.core.encryption import (
    Content,
    EncryptedColumn,
    EncryptedColumns,
    KeyRecord,
    KeyRecords,
    KeyState,
    Purpose,
)
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

NOW = datetime(2027, 1, 1, tzinfo=UTC)
COLUMNS = EncryptedColumns((EncryptedColumn("", "t", "c", ("t", "c"), Content.TEXT, False, ("id",)),))


def ask(state: KeyState, *, columns: EncryptedColumns = COLUMNS, keys: Any = None, **dates: date) -> list[Finding]:
    records = KeyRecords((KeyRecord("", "2026", Purpose.DATA, state, **dates),) if keys is None else keys)
    return list(key_past_its_period(records, columns, NOW, Settings({"active_days": 730, "retired_days": 1095})))


def ago(days: int) -> date:
    return NOW.date() - timedelta(days=days)


@pytest.mark.parametrize("name", ["activated", "created"])
def test_active_key_past_its_period_is_a_finding_by_its_date(name: str) -> None:
    (finding,) = ask(KeyState.ACTIVE, **{name: ago(731)})
    assert (finding.subject, finding.message) == (
        "key 2026 (data)", "has been active for 731 days; 730 are the limit",
    )  # fmt: skip
    assert ask(KeyState.ACTIVE, **{name: ago(730)}) == []


def test_age_counts_from_activation_and_not_from_making() -> None:
    assert ask(KeyState.ACTIVE, created=ago(5000), activated=ago(5)) == []


def test_key_of_unknown_age_is_told() -> None:
    (finding,) = ask(KeyState.ACTIVE)
    assert (finding.message, finding.severity) == ("is active, and since when is not known", Severity.INFO)


def test_key_that_was_retired_long_ago_is_a_finding() -> None:
    (finding,) = ask(KeyState.RETIRED, retired=ago(1096))
    assert finding.message == "was retired 1096 days ago; 1095 are the limit"
    assert ask(KeyState.RETIRED, retired=ago(1095)) == []


@pytest.mark.parametrize("state", [KeyState.PRE_ACTIVE, KeyState.DESTROYED])
def test_key_that_is_not_in_use_has_no_age(state: KeyState) -> None:
    assert ask(state, created=ago(9000)) == []


def test_project_without_keys_or_encrypted_columns_is_not_asked() -> None:
    with pytest.raises(DoesNotApply):
        ask(KeyState.ACTIVE, columns=EncryptedColumns())
    with pytest.raises(DoesNotApply):
        ask(KeyState.ACTIVE, keys=())


def test_models_that_cannot_be_read_leave_it_open() -> None:
    with pytest.raises(CannotJudge, match="does not import"):
        ask(KeyState.ACTIVE, columns=EncryptedColumns(problem="the model does not import"))
