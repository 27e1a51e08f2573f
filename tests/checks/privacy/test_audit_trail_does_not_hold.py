"""AUD004: a trail that is not what was sealed; every way to break one is in tests/audit/test_tampering.py."""

from __future__ import annotations

from tests.audit.conftest import LOG, Audited
from tests.audit.judging import found


def test_broken_seal_is_found_with_its_entry(audited: Audited) -> None:
    audited.run("INSERT INTO invoice VALUES (1, 1, 100, 'a', 0), (1, 2, 100, 'b', 0)")
    audited.dbops("seal")
    audited.unguarded(f"UPDATE {LOG[audited.dialect]} SET actor = 'somebody' WHERE id = 2")
    assert found(audited) == {"AUD004": ["audit trail[entry 2]"]}
