"""ENC002."""

from __future__ import annotations

from pytest_dbops.checks.encryption.field_on_old_key import field_on_old_key
from pytest_dbops.core.encryption import FieldAudit, FieldVerdict, KeyShare, KeyState, Method
from pytest_dbops.core.severity import Severity


def audit(*keys: KeyShare) -> FieldAudit:
    fields = sum(each.fields for each in keys)
    return FieldAudit("customer.email", Method.FULL, fields, fields, ((FieldVerdict.OK, fields),), keys)


def test_each_key_that_no_longer_seals_is_told_with_its_share() -> None:
    keys = (
        KeyShare("aa", 6, KeyState.ACTIVE),
        KeyShare("bb", 3, KeyState.RETIRED),
        KeyShare("cc", 1, KeyState.COMPROMISED),
    )
    assert [(each.message, each.severity, each.stands_for) for each in field_on_old_key(audit(*keys))] == [
        ("3 of 10 fields (30.0%) are on key bb, which is retired; they are still to be rotated", None, 3),
        ("1 of 10 fields (10.0%) are on key cc, which is compromised; they are still to be rotated", Severity.ERROR, 1),
    ]


def test_active_and_unknown_keys_are_no_finding() -> None:
    assert list(field_on_old_key(audit(KeyShare("aa", 6, KeyState.ACTIVE), KeyShare("bb", 1)))) == []
    assert list(field_on_old_key(audit())) == []
