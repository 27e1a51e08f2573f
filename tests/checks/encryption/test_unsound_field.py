"""ENC001; on stored fields: tests/crypto."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.encryption.unsound_field import unsound_field
from pytest_dbops.core.encryption import SOUND, FieldAudit, FieldVerdict, Method, Offender
from pytest_dbops.core.severity import Severity


def audit(*counts: tuple[FieldVerdict, int], method: Method = Method.FULL, **more: object) -> FieldAudit:
    fields = sum(number for _, number in counts)
    return FieldAudit("customer.email", method, fields, fields, counts, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", [each for each in FieldVerdict if each not in SOUND])
def test_each_unsound_verdict_is_a_finding_that_counts_its_fields(verdict: FieldVerdict) -> None:
    shown = (Offender("id=1", verdict, "why"), Offender("id=2", verdict))
    (finding,) = unsound_field(audit((FieldVerdict.OK, 7), (verdict, 3), offenders=shown))
    assert finding.message.startswith("3 of 10 fields are ")
    assert finding.message.endswith(" (id=1: why; id=2)")
    assert (finding.subject, finding.identity, finding.stands_for) == ("customer.email", verdict.value, 3)
    assert finding.hint


def test_plaintext_and_repeated_nonces_are_the_worst() -> None:
    found = unsound_field(
        audit((FieldVerdict.PLAINTEXT, 1), (FieldVerdict.DUPLICATE_NONCE, 2), (FieldVerdict.ALTERED, 1))
    )
    assert [each.severity for each in found] == [Severity.CRITICAL, Severity.CRITICAL, None]


@pytest.mark.parametrize("verdict", sorted(SOUND))
def test_sound_fields_are_no_finding(verdict: FieldVerdict) -> None:
    assert list(unsound_field(audit((verdict, 10)))) == []


def test_fields_that_were_not_opened_are_a_warning() -> None:
    (finding,) = unsound_field(audit((FieldVerdict.OK, 10), method=Method.STRUCTURE))
    assert (finding.severity, finding.identity) == (Severity.WARNING, "not opened")


def test_what_could_not_be_told_apart_is_a_warning() -> None:
    found = list(unsound_field(audit((FieldVerdict.ALTERED, 900), unsure="644 altered fields were not tried")))
    assert [each.severity for each in found] == [None, Severity.WARNING]


def test_column_without_fields_is_no_finding() -> None:
    assert list(unsound_field(audit())) == []
    assert list(unsound_field(audit((FieldVerdict.EMPTY, 4), method=Method.STRUCTURE))) == []
