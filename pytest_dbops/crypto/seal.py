"""Seal and open single fields; the additional data is checked for completeness before a key is touched."""

from __future__ import annotations

import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from pytest_dbops.core.encryption import Profile, Purpose
from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.derive import prefixed
from pytest_dbops.crypto.keyring import Keyring, Place
from pytest_dbops.crypto.layout import LONGEST_BYTES, NONCE_BYTES, Fault, bound_bytes, split


class Binding(NamedTuple):
    """The row a field belongs to, in the row profile: its tenant and its immutable id, as they are written."""

    tenant: str
    row: str


class Sealed(bytes):
    """An envelope made by us: what seals on its way to the database lets it pass as it is."""

    __slots__ = ()


def place_bytes(place: Place) -> bytes:
    """Return the part of the additional data that names the column."""
    return prefixed(place[0]) + prefixed(place[1])


def bound_to(place: Place, binding: Binding | None) -> bytes:
    """Return the additional data behind the header; raises FieldError when a part of it is empty."""
    if not all(place) or (binding is not None and not all(binding)):
        raise FieldError(f"a field of {'.'.join(place)} has no {'table, column, tenant or row id'} to be bound to")
    written = place_bytes(place)
    return written if binding is None else written + prefixed(binding.tenant) + prefixed(binding.row)


def seal(keyring: Keyring, place: Place, plaintext: bytes, binding: Binding | None = None) -> Sealed:
    """Return the envelope of a value under the active key; raises FieldError where there is none."""
    behind = bound_to(place, binding)
    if len(plaintext) > LONGEST_BYTES:
        raise FieldError(f"a field of {'.'.join(place)} has {len(plaintext)} bytes; {LONGEST_BYTES} are the limit")
    tenant = binding.tenant if binding else ""
    key_id = keyring.active(Purpose.DATA, tenant).raw_id
    cipher = keyring.cipher(key_id, place, tenant)
    assert cipher is not None
    keyring.counts.spend(use_name(key_id, place, tenant), 1)
    head = bound_bytes(Profile.ROW if binding else Profile.COLUMN, key_id, len(plaintext))
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(head + nonce + cipher.encrypt(nonce, plaintext, head + behind))


def open_field(keyring: Keyring, place: Place, value: bytes, binding: Binding | None = None) -> bytes:
    """Return what an envelope holds; raises FieldError in one line that names the column, never the value."""
    behind = bound_to(place, binding)
    parts, name = split(value), ".".join(place)
    if isinstance(parts, Fault):
        raise FieldError(f"a field of {name} cannot be opened: it {parts.value} (is it plaintext?)")
    wanted = Profile.ROW if binding else Profile.COLUMN
    if parts.profile is not wanted:
        raise FieldError(f"a field of {name} is sealed in the {parts.profile} profile; the model says {wanted}")
    cipher = keyring.cipher(parts.key_id, place, binding.tenant if binding else "")
    if cipher is None:
        raise FieldError(f"a field of {name} is sealed by key {parts.key_id.hex()}, which the keyring does not have")
    try:
        return cipher.decrypt(parts.nonce, parts.sealed, parts.bound + behind)
    except InvalidTag:
        raise FieldError(
            f"a field of {name} does not open: it was changed, or sealed for another place"
            " (run: dbops compliance validate-encryption)"
        ) from None


def use_name(key_id: bytes, place: Place, tenant: str) -> str:
    """Return the name by which the uses of a data key are counted."""
    return "/".join((key_id.hex(), *place, *((tenant,) if tenant else ())))
