"""Keys for tests, and envelopes forged with `cryptography` alone: what no code of ours would make."""

from __future__ import annotations

import hashlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pytest_dbops.core.encryption import KeyRecord, KeyState, Purpose
from pytest_dbops.crypto.keyring import Keyring, RootKey, root_key


def root(name: str) -> bytes:
    """Return a root key that is made up of a name."""
    return hashlib.sha256(f"a key for tests: {name}".encode()).digest()


def key(name: str, state: KeyState = KeyState.ACTIVE, purpose: Purpose = Purpose.DATA, tenant: str = "") -> RootKey:
    """Return that key for a purpose."""
    return root_key(root(name), KeyRecord("", name, purpose, state, tenant))


def ring(*keys: RootKey) -> Keyring:
    """Return a keyring of some keys, and one of its own for indexes."""
    return Keyring([*keys, key("index", purpose=Purpose.INDEX)])


def lp(text: str) -> bytes:
    """Return a text with its length before it."""
    return struct.pack(">H", len(text.encode())) + text.encode()


def forged(
    plaintext: bytes, place: tuple[str, str], row: tuple[str, str] | None = None, *, sealed_by: str, named: str = "",
    nonce: bytes = b"\7" * 12,
) -> bytes:  # fmt: skip
    """Return an envelope under a key and a nonce of the caller's choice, that may name another key than its own."""
    key_id = HKDF(SHA256(), 4, None, b"dbops/v1/key-id").derive(root(named or sealed_by))
    info = b"dbops/v1/data" + lp(row[0] if row else "") + lp(place[0]) + lp(place[1])
    bound = struct.pack(">BB4sI", 0xDB, 0x12 if row else 0x11, key_id, len(plaintext))
    behind = lp(place[0]) + lp(place[1]) + (lp(row[0]) + lp(row[1]) if row else b"")
    data_key = HKDF(SHA256(), 32, None, info).derive(root(sealed_by))
    return bound + nonce + AESGCM(data_key).encrypt(nonce, plaintext, bound + behind)
