"""AUD005: entries that wait too long for their seal."""

from __future__ import annotations

from tests.audit.conftest import Audited
from tests.audit.judging import found


def test_entry_that_waits_too_long_is_found(audited: Audited) -> None:
    audited.configure("seal_within_s = 0.001\n")
    assert found(audited) == {}
    audited.run("INSERT INTO invoice VALUES (1, 1, 100, 'a', 0)")
    assert found(audited) == {"AUD005": ["audit trail"]}
    assert "longer than [audit] seal_within_s" in audited.dbops("verify").out
    audited.dbops("seal")
    assert found(audited) == {}
