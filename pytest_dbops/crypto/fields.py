"""Stored fields on their way through a validator: read in blocks, those that open at once apart from those in doubt."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag

from pytest_dbops.core.encryption import EncryptedColumn
from pytest_dbops.core.errors import FieldError
from pytest_dbops.crypto.blind_index import blind_index
from pytest_dbops.crypto.bound import binding_of, written_or_empty
from pytest_dbops.crypto.keyring import IndexRole, Keyring, Place
from pytest_dbops.crypto.layout import (
    BOUND_BYTES,
    HEAD_BYTES,
    KEY_ID_BYTES,
    Fault,
    Parts,
    split,
)
from pytest_dbops.crypto.nonces import NonceFilter
from pytest_dbops.crypto.openers import DOUBTS, Openers, bindings
from pytest_dbops.crypto.seal import Binding, bound_to

_WORDS = struct.Struct(">II")
_KEY, _HEADER = slice(2, 2 + KEY_ID_BYTES), slice(BOUND_BYTES)
_NONCE, _SEALED = slice(BOUND_BYTES, HEAD_BYTES), slice(HEAD_BYTES, None)
NO_INDEX = object()
"""Stands for the blind index of a column that has none."""


class UsedNonce(NamedTuple):
    """A nonce with the id of its key, and in the row profile the tenant, which together make the data key."""

    tenant: str
    key_and_nonce: bytes


class Field(NamedTuple):
    """A stored field with its row; index: what the blind index holds, or a mark that there is none."""

    value: Any
    row: tuple[Any, ...]
    binding: Binding | None = None
    index: Any = NO_INDEX
    tenant_of_index: str = ""


def read_order(column: EncryptedColumn) -> tuple[str, ...]:
    """Return the columns that a `FieldReader` is given of each row, in their order."""
    index = column.index
    of_index = () if index is None else (index.name, *((index.tenant.name,) if index.tenant else ()))
    return (column.column, *of_index, *(each.name for each in column.bind), *column.primary_key)


class FieldReader:
    """Opens the fields of one column; counts what opens by key, and gives back what has to be looked at again.

    Rows are (value, [index], [tenant], [tenant, row id], primary key...), as `read_order` tells.
    nonces: meets those of all fields that open; None where nobody asks.
    """

    def __init__(self, keyring: Keyring, column: EncryptedColumn, nonces: NonceFilter | None = None) -> None:
        self._keyring = keyring
        self._column = column
        self._openers = Openers(keyring, column)
        self.nonces = NonceFilter(0) if nonces is None else nonces
        self.opened: dict[bytes, int] = defaultdict(int)
        """How many fields opened, by the id of their key."""

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Field]:
        """Open a block of rows and return those in doubt, in their order."""
        if self._column.index is not None:
            return [field for field in map(self.field, rows) if not self._opens(field)]
        doubtful = self._in_doubt(rows)
        for key_id, count in self._openers.take_opened().items():
            self.opened[key_id] += count
        return doubtful

    def field(self, row: Sequence[Any]) -> Field:
        """Return a row as the field it is."""
        values, index, tenant = iter(row), self._column.index, ""
        value = _plain(next(values))
        in_index = NO_INDEX if index is None else _plain(next(values))
        if index is not None and index.tenant is not None:
            tenant = written_or_empty(index.tenant, next(values))
        binding = binding_of(self._column.bind, [next(values), next(values)]) if self._column.bind else None
        return Field(value, tuple(values), binding, in_index, tenant)

    def _in_doubt(self, rows: Sequence[Sequence[Any]]) -> list[Field]:
        """Open rows of a column without an index; this loop is what a full scan costs."""
        openers, nonces, words = self._openers, self.nonces, _WORDS.unpack_from
        prints, mask = nonces.prints, nonces.mask
        at_header, at_nonce, at_sealed = _HEADER, _NONCE, _SEALED
        doubtful: list[Field] = []
        for row, tenant, row_id in zip(rows, *bindings(self._column, rows), strict=False):
            value = row[0]
            try:
                opener = openers[tenant, value[at_header]]
                if opener.size_bytes != len(value):
                    raise ValueError  # what is wrong is found out apart
                opener.decrypt(value[at_nonce], value[at_sealed], opener.bound + row_id)
            except DOUBTS:
                doubtful.append(self.field(row))
                continue
            opener.opened += 1
            first, mark = words(value, BOUND_BYTES)  # as NonceFilter.add, without the call
            slot, mark = first & mask, mark or 1
            held = prints[slot]
            if not held:
                prints[slot] = mark
            elif held == mark:
                nonces.noticed.add(value[at_nonce])
            else:
                nonces.crowd(value)
        return doubtful

    def _opens(self, field: Field) -> bool:
        """Open one field; counts it when it does, and its index is its own."""
        found = opened_at_home(self._keyring, self._column, field)
        if found is None or not index_fits(self._keyring, self._column, field, found[0]):
            return False
        self.opened[found[1]] += 1
        self.nonces.add(field.value)
        return True


def used_nonce(field: Field) -> UsedNonce:
    """Return the nonce of an envelope with all that makes its data key."""
    key_and_nonce = field.value[_KEY] + field.value[BOUND_BYTES:HEAD_BYTES]
    return UsedNonce(field.binding.tenant if field.binding else "", key_and_nonce)


def opened_at_home(keyring: Keyring, column: EncryptedColumn, field: Field) -> tuple[bytes, bytes] | None:
    """Return what a field holds where it stands, and the id of its key; None when it does not open there."""
    parts = split(field.value) if isinstance(field.value, bytes) else Fault.FOREIGN
    if isinstance(parts, Fault) or parts.profile is not column.profile:
        return None
    if column.bind and field.binding is None:
        return None
    plaintext = opened(keyring, column.place, parts, field.binding)
    return None if plaintext is None else (plaintext, parts.key_id)


def opened(
    keyring: Keyring, place: Place, parts: Parts, binding: Binding | None, *, by: bytes | None = None
) -> bytes | None:
    """Return what an envelope holds if it is sealed for a place and row; None if it is not.

    by: the id of the key to try, in place of the one that the envelope names.
    """
    cipher = keyring.cipher(by or parts.key_id, place, binding.tenant if binding else "")
    if cipher is None:
        return None
    try:
        return cipher.decrypt(parts.nonce, parts.sealed, parts.bound + bound_to(place, binding))
    except InvalidTag:
        return None


def role_of_index(column: EncryptedColumn) -> IndexRole:
    """Return what the index of a column is to a change of its key."""
    if column.index is not None and column.index.is_follower:
        return IndexRole.FOLLOWER
    return IndexRole.FOLLOWED if column.follower is not None else IndexRole.ALONE


def index_fits(keyring: Keyring, column: EncryptedColumn, field: Field, plaintext: bytes) -> bool:
    """Whether the blind index beside a field is that of its value, under the key by which it is asked for."""
    index = column.index
    if index is None or field.index is NO_INDEX:
        return True
    if not isinstance(field.index, bytes):
        return False
    try:
        wanted = blind_index(
            keyring, column.place, plaintext.decode(), normalise=index.normalise, length=index.length_bytes,
            tenant=field.tenant_of_index, role=role_of_index(column),
        )  # fmt: skip
    except (FieldError, UnicodeDecodeError):
        return False
    return bool(wanted == field.index)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
