"""ENC001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, Per, Privilege, check
from pytest_dbops.core.encryption_terms import FieldVerdict, Method
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.encryption import FieldAudit

_WORST = frozenset({FieldVerdict.PLAINTEXT, FieldVerdict.DUPLICATE_NONCE})
_SAID = {
    FieldVerdict.PLAINTEXT: "not encrypted",
    FieldVerdict.TRUNCATED: "cut: shorter than the envelope says",
    FieldVerdict.ALTERED: "changed after they were sealed",
    FieldVerdict.UNKNOWN_KEY: "sealed by a key that the keyring does not have",
    FieldVerdict.WRONG_KEY: "sealed by another key than they name",
    FieldVerdict.SWAPPED: "sealed for another row or column",
    FieldVerdict.OTHER_PROFILE: "sealed in the other profile than the model's",
    FieldVerdict.DUPLICATE_NONCE: "sealed with a nonce that another field of the same key has",
    FieldVerdict.NULL_WHERE_REQUIRED: "NULL, though the model requires a value",
    FieldVerdict.INDEX_MISMATCH: "beside a blind index that is not theirs",
}
_HINTS = {
    FieldVerdict.PLAINTEXT: "write them again through the types, and find out what writes past them",
    FieldVerdict.TRUNCATED: "restore them from a backup, and widen the column",
    FieldVerdict.ALTERED: "restore them from a backup; find out who wrote",
    FieldVerdict.UNKNOWN_KEY: "add the key to [[key]] as retired, or restore the fields",
    FieldVerdict.WRONG_KEY: "find out what wrote the header; seal them anew",
    FieldVerdict.SWAPPED: "put them back to their rows; find out who wrote",
    FieldVerdict.OTHER_PROFILE: "seal them anew in the profile of the model",
    FieldVerdict.DUPLICATE_NONCE: "seal them anew, and find the copy or the bad randomness; take the values as known",
    FieldVerdict.NULL_WHERE_REQUIRED: "fill them, or let the model allow NULL",
    FieldVerdict.INDEX_MISMATCH: "write the values again through the types, which make the index anew",
}


@check(
    "ENC001", category="encryption", severity=Severity.ERROR, cost=Cost.SAMPLE, privilege=Privilege.SELECT,
    per=Per.ENCRYPTED_COLUMN,
)  # fmt: skip
def unsound_field(field_audit: FieldAudit) -> Iterator[Finding]:
    """A field of an encrypted column is not what the column's model says: a sealed value that opens in its row.

    Plaintext there is read by whoever reads the database. A field that does not open is lost, or was moved or changed
    by somebody; a nonce used twice under one key gives both values away. Every field is opened, or a sample of 100 000
    rows with `--dbops-cost=sample`. A gate without keys judges what bytes tell alone (header, length, nonces), in the
    database, and says that it did. In the column profile a field moved between rows is not seen (docs/format.md).
    Fields are read in blocks, each with the time of a statement. Counting rows, and what is judged without keys, takes
    all of the table in one: where the environment's `statement_timeout_s` is too short for that, there is no answer.

    Findings name rows by primary key and never a value. Mend what wrote them first, then the fields.
    """
    for verdict, number in field_audit.unsound:
        yield Finding(
            field_audit.column,
            f"{_count(number, field_audit.fields)} {_SAID[verdict]}{_first(field_audit, verdict)}",
            hint=_HINTS[verdict],
            identity=verdict.value,
            severity=Severity.CRITICAL if verdict in _WORST else None,
            evidence=tuple(
                {"row": each.row, "verdict": each.verdict.value, "detail": each.detail}
                for each in field_audit.offenders
                if each.verdict is verdict
            ),
            stands_for=number,
        )
    if field_audit.method is Method.STRUCTURE and field_audit.sealed:
        yield Finding(
            field_audit.column,
            f"{field_audit.sealed} fields are whole envelopes, and were not opened: the gate has no key",
            hint="give the gate the keys ([[key]], ENCRYPTION_KEY), or waive this",
            identity="not opened",
            severity=Severity.WARNING,
        )
    if field_audit.unsure:
        yield Finding(
            field_audit.column, field_audit.unsure, hint="mend those that are named, and run it again",
            identity="not told apart", severity=Severity.WARNING,
        )  # fmt: skip


def _count(number: int, fields: int) -> str:
    return f"{number} of {fields} fields {'is' if number == 1 else 'are'}"


def _first(audit: FieldAudit, verdict: FieldVerdict) -> str:
    shown = [each for each in audit.offenders if each.verdict is verdict]
    told = "; ".join(f"{each.row}{f': {each.detail}' if each.detail else ''}" for each in shown)
    return f" ({told})" if told else ""
