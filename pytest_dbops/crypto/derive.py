"""Keys made of a root key by HKDF-SHA256, and how their context is written."""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.layout import KEY_ID_BYTES

ROOT_BYTES = 32
_LONGEST = 2**16 - 1


def prefixed(text: str) -> bytes:
    """Return a text as its length and its bytes: no two lists of texts are written alike."""
    raw = text.encode()
    if len(raw) > _LONGEST:
        raise FieldError(f"a name or id of {len(raw)} bytes cannot be bound to; {_LONGEST} are the limit")
    return struct.pack(">H", len(raw)) + raw


def key_id_of(root: bytes) -> bytes:
    """Return the id of a root key; whoever knows it knows nothing of the key."""
    return _derived(root, b"dbops/v1/key-id", KEY_ID_BYTES)


def data_key(root: bytes, place: tuple[str, str], tenant: str) -> bytes:
    """Return the key that seals the fields of one column, in the row profile of one tenant of it."""
    return _derived(root, b"dbops/v1/data" + prefixed(tenant) + prefixed(place[0]) + prefixed(place[1]))


def index_key(root: bytes, place: tuple[str, str]) -> bytes:
    """Return the key of the blind index of one column."""
    return _derived(root, b"dbops/v1/index" + prefixed(place[0]) + prefixed(place[1]))


def _derived(root: bytes, info: bytes, length: int = ROOT_BYTES) -> bytes:
    return HKDF(SHA256(), length, None, info).derive(root)
