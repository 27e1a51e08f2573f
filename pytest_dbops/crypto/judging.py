"""What a stored field is that does not open where it stands; the slow path of a validator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pytest_dbops.core.encryption import EncryptedColumn, FieldVerdict, KeyState, Profile, Purpose
from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.blind_index import key_of_index
from pytest_dbops.crypto.fields import Field, opened, opened_at_home, role_of_index
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.layout import (
    BOUND_BYTES,
    HEAD_BYTES,
    OVERHEAD_BYTES,
    Fault,
    Parts,
    bound_bytes,
    split,
)
from pytest_dbops.crypto.seal import Binding


class Judged(NamedTuple):
    """What a field is, and what more is known; is_open: whether the places of other rows are still to be tried."""

    verdict: FieldVerdict
    detail: str = ""
    is_open: bool = False


def judge(keyring: Keyring, column: EncryptedColumn, columns: Sequence[EncryptedColumn], field: Field) -> Judged:
    """Return what one field is, as far as its own row tells; columns: all whose fields may have been moved here."""
    value = field.value
    if value is None:
        return _judged_null(column, field)
    if not isinstance(value, bytes):
        return Judged(FieldVerdict.PLAINTEXT, "it is no binary value")
    parts = split(value)
    if isinstance(parts, Fault):
        return _judged_fault(keyring, column, field, parts)
    if opened_at_home(keyring, column, field) is not None:  # given back all the same, for its index
        return Judged(FieldVerdict.INDEX_MISMATCH, _told_of_index(keyring, column, field))
    record = keyring.record(Purpose.DATA, parts.key_id)
    if record is None or record.state is KeyState.DESTROYED:
        return _judged_unknown(keyring, column, field, parts, is_destroyed=record is not None)
    return (
        _other_profile(keyring, column, field, parts)
        or _wrong_key(keyring, column, field, parts)
        or _other_column(keyring, column, columns, field, parts)
        or _with_mended_header(keyring, column, field)
        or Judged(FieldVerdict.ALTERED, is_open=bool(column.bind) and parts.profile is Profile.ROW)
    )


def judge_elsewhere(
    keyring: Keyring, columns: Iterable[EncryptedColumn], field: Field, bindings: Iterable[tuple[str, Binding]]
) -> Judged | None:
    """Return that a field was moved here from one of some rows, each given with how people know it; else None."""
    parts = split(field.value)
    if isinstance(parts, Fault):
        return None
    places = [each for each in columns if each.profile is parts.profile]
    for name, binding in bindings:
        if binding == field.binding:
            continue
        for each in places:
            if opened(keyring, each.place, parts, binding) is not None:
                return Judged(FieldVerdict.SWAPPED, f"sealed for {each.name} of {name}")
    return None


def _told_of_index(keyring: Keyring, column: EncryptedColumn, field: Field) -> str:
    if not isinstance(field.index, bytes):
        return "there is none"
    key_id = key_of_index(field.index)
    try:
        asked = keyring.index_key(field.tenant_of_index, role_of_index(column)).raw_id
    except FieldError as err:
        return str(err)
    return "" if key_id in (None, asked) else f"it is under key {key_id.hex()}, and {asked.hex()} is asked for"


def _judged_null(column: EncryptedColumn, field: Field) -> Judged:
    if column.is_required:
        return Judged(FieldVerdict.NULL_WHERE_REQUIRED)
    if column.index is not None and field.index is not None:
        return Judged(FieldVerdict.INDEX_MISMATCH, "there is a blind index, and no value")
    return Judged(FieldVerdict.EMPTY)


def _judged_fault(keyring: Keyring, column: EncryptedColumn, field: Field, fault: Fault) -> Judged:
    mended = _with_mended_header(keyring, column, field)
    if mended is not None:
        return mended
    if fault is Fault.FOREIGN:
        return Judged(FieldVerdict.PLAINTEXT)
    return Judged(FieldVerdict.TRUNCATED if fault is Fault.CUT else FieldVerdict.ALTERED, f"it {fault.value}")


def _judged_unknown(
    keyring: Keyring, column: EncryptedColumn, field: Field, parts: Parts, *, is_destroyed: bool
) -> Judged:
    mended = _with_mended_header(keyring, column, field)
    named = f"key {parts.key_id.hex()}{' is destroyed' if is_destroyed else ''}"
    return mended or Judged(FieldVerdict.UNKNOWN_KEY, named)


def _other_profile(keyring: Keyring, column: EncryptedColumn, field: Field, parts: Parts) -> Judged | None:
    if parts.profile is column.profile:
        return None
    binding = field.binding if parts.profile is Profile.ROW else None
    if parts.profile is Profile.ROW and binding is None:
        return None
    if opened(keyring, column.place, parts, binding) is None:
        return None
    return Judged(FieldVerdict.OTHER_PROFILE, f"sealed in the {parts.profile} profile")


def _wrong_key(keyring: Keyring, column: EncryptedColumn, field: Field, parts: Parts) -> Judged | None:
    """Try the other keys of the keyring on the envelope as it is: then it names a key that has not sealed it."""
    if parts.profile is not column.profile:
        return None
    for key_id in keyring.openers():
        if key_id != parts.key_id and opened(keyring, column.place, parts, field.binding, by=key_id) is not None:
            return Judged(FieldVerdict.WRONG_KEY, f"names key {parts.key_id.hex()}, sealed by {key_id.hex()}")
    return None


def _other_column(
    keyring: Keyring, column: EncryptedColumn, columns: Sequence[EncryptedColumn], field: Field, parts: Parts
) -> Judged | None:
    """Try the places of other columns; in the row profile, those of this very row."""
    binding = field.binding if parts.profile is Profile.ROW else None
    if parts.profile is Profile.ROW and binding is None:
        return None
    for other in columns:
        if other.place == column.place or other.profile is not parts.profile:
            continue
        if opened(keyring, other.place, parts, binding) is not None:
            return Judged(FieldVerdict.SWAPPED, f"sealed for {other.name}")
    return None


def _with_mended_header(keyring: Keyring, column: EncryptedColumn, field: Field) -> Judged | None:
    """Try the header that the field should have, under each key: then it was changed there, and nowhere else."""
    value = field.value
    if len(value) < OVERHEAD_BYTES or (column.bind and field.binding is None):
        return None
    length, nonce, sealed = len(value) - OVERHEAD_BYTES, value[BOUND_BYTES:HEAD_BYTES], value[HEAD_BYTES:]
    for key_id in keyring.openers():
        bound = bound_bytes(column.profile, key_id, length)
        mended = Parts(column.profile, key_id, nonce, bound, sealed)
        if opened(keyring, column.place, mended, field.binding) is not None:
            return Judged(FieldVerdict.ALTERED, "its header was changed")
    return None
