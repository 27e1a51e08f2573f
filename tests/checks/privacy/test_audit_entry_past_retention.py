"""AUD008: entries that are older than `[audit] keep_months`."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_dbops.core.audit.months import month_beside
from tests.audit.conftest import LOG, Audited
from tests.audit.judging import judged


def aged(audited: Audited, entry: int, month: str) -> None:
    """Make an entry older than it is; on PostgreSQL no partition is there for it but the default one."""
    audited.unguarded(f"UPDATE {LOG[audited.dialect]} SET at = '{month}-15T00:00:00.000000Z' WHERE id = {entry}")


def test_entries_past_retention_are_found_until_they_are_removed(audited: Audited) -> None:
    this_month = f"{datetime.now(UTC):%Y-%m}"
    audited.configure("keep_months = 1\n", replacing={"require = []": "require = []\nmay_destroy = true"})
    audited.run("INSERT INTO party VALUES (1, 1, 'x', NULL), (1, 2, 'x', NULL), (1, 3, 'x', NULL)")
    aged(audited, 1, month_beside(this_month, -1))
    assert judged(audited, "AUD008")["AUD008"][0] == "passed"
    aged(audited, 1, month_beside(this_month, -2))
    assert judged(audited, "AUD008")["AUD008"] == ("warned", ["audit trail"])
    aged(audited, 2, month_beside(this_month, -2))
    aged(audited, 1, "2016-01")
    assert judged(audited, "AUD008")["AUD008"] == ("failed", ["audit trail"])
    assert audited.dbops("seal").code == 0
    removed = audited.dbops("expire", "--format", "json")
    assert [(each["month"], each["entries"]) for each in removed.json["months"]] == [
        ("2016-01", 1), (month_beside(this_month, -2), 1),
    ]  # fmt: skip
    assert judged(audited, "AUD003", "AUD008")["AUD008"][0] == "passed"
    assert judged(audited, "AUD003")["AUD003"][0] == "passed"
    audited.dbops("seal")
    assert (audited.verified().is_whole, audited.verified().removed) == (True, 2)


def test_retention_that_nobody_states_is_told(audited: Audited) -> None:
    assert judged(audited, "AUD008")["AUD008"] == ("passed", ["audit trail"])
