"""The bytes of an envelope and of a blind index, as docs/format.md tells them; no key is needed here."""

from __future__ import annotations

import struct
from enum import Enum
from typing import NamedTuple

from pytest_dbops.core.encryption import Profile

MAGIC = 0xDB
INDEX_MAGIC = 0xDC
FORMAT = 1
KEY_ID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
BOUND_BYTES = 10
"""The first bytes of an envelope, which its tag covers: magic, format and profile, key id, length."""
HEAD_BYTES = BOUND_BYTES + NONCE_BYTES
OVERHEAD_BYTES = HEAD_BYTES + TAG_BYTES
INDEX_HEAD_BYTES = 1 + KEY_ID_BYTES
LONGEST_BYTES = 2**32 - 1

KINDS = {Profile.COLUMN: FORMAT << 4 | 1, Profile.ROW: FORMAT << 4 | 2}
_PROFILES = {kind: profile for profile, kind in KINDS.items()}
_BOUND = struct.Struct(f">BB{KEY_ID_BYTES}sI")
_HEAD = struct.Struct(f">BB{KEY_ID_BYTES}sI{NONCE_BYTES}s")


class Parts(NamedTuple):
    """What an envelope consists of; `sealed` is the ciphertext with its tag."""

    profile: Profile
    key_id: bytes
    nonce: bytes
    bound: bytes
    sealed: bytes


class Fault(Enum):
    """Why a value is no whole envelope."""

    FOREIGN = "does not begin as an envelope does"
    CUT = "is shorter than it says"
    LONG = "is longer than it says"


def bound_bytes(profile: Profile, key_id: bytes, length: int) -> bytes:
    """Return the first bytes of an envelope of `length` bytes of plaintext."""
    return _BOUND.pack(MAGIC, KINDS[profile], key_id, length)


def split(value: bytes) -> Parts | Fault:
    """Return the parts of a whole envelope, or why the value is none."""
    size = len(value)
    if size < HEAD_BYTES:
        return Fault.CUT if is_begun(value) else Fault.FOREIGN
    magic, kind, key_id, length, nonce = _HEAD.unpack_from(value)
    profile = _PROFILES.get(kind)
    if magic != MAGIC or profile is None:
        return Fault.FOREIGN
    if size != length + OVERHEAD_BYTES:
        return Fault.CUT if size < length + OVERHEAD_BYTES else Fault.LONG
    return Parts(profile, key_id, nonce, value[:BOUND_BYTES], value[HEAD_BYTES:])


def key_id_of_envelope(value: bytes) -> bytes:
    """Return the id of the key that an envelope names."""
    return value[2 : 2 + KEY_ID_BYTES]


def is_begun(value: bytes) -> bool:
    """Whether a value shorter than a header is the beginning of one; nothing at all is the shortest beginning."""
    return (not value or value[0] == MAGIC) and (len(value) < 2 or value[1] in _PROFILES)
