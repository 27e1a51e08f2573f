"""Blind indexes: keyed hashes of normalised values, by which equal values are found without being opened."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.derive import prefixed
from pytest_dbops.crypto.keyring import IndexRole, Keyring, Place
from pytest_dbops.crypto.layout import INDEX_HEAD_BYTES, INDEX_MAGIC

LEAST_BYTES, UNIQUE_BYTES, MOST_BYTES = 4, 16, 32
_HEAD = bytes([INDEX_MAGIC])


class Index(bytes):
    """A blind index made by us: what hashes on its way to the database lets it pass as it is."""

    __slots__ = ()


def _trimmed(text: str) -> str:
    return text.strip().casefold()


def _alphanumeric(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).upper()


NORMALISERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"exact": str, "text": _trimmed, "email": _trimmed, "digits": _alphanumeric}
)


def blind_index(
    keyring: Keyring, place: Place, value: str, *, normalise: str, length: int = UNIQUE_BYTES, tenant: str = "",
    key_id: bytes | None = None, role: IndexRole = IndexRole.ALONE,
) -> Index:  # fmt: skip
    """Return the index of a value under the key of a column's role, or under a certain one of the keyring."""
    if key_id is None:
        key_id = keyring.index_key(tenant, role).raw_id
    begun = keyring.digest(key_id, place)
    if begun is None:
        raise FieldError(f"the keyring has no key {key_id.hex()} for the blind index of {'.'.join(place)}")
    digest = begun.copy()
    digest.update(prefixed(tenant) + normalised(value, normalise).encode())
    return Index(_HEAD + key_id + digest.digest()[:length])


def normalised(value: str, rule: str) -> str:
    """Return a value in the form in which it is compared."""
    return unicodedata.normalize("NFC", NORMALISERS[rule](unicodedata.normalize("NFC", value)))


def key_of_index(value: bytes) -> bytes | None:
    """Return the id of the key an index was made with; None for what is no index."""
    return value[1:INDEX_HEAD_BYTES] if len(value) > INDEX_HEAD_BYTES and value[0] == INDEX_MAGIC else None
