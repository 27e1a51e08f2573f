"""What opens the fields of a column, kept ready for envelopes that begin alike: one look for each field finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from cryptography.exceptions import InvalidTag

from pytest_dbops.core.encryption import EncryptedColumn
from pytest_dbops.crypto.bound import rows_written, written
from pytest_dbops.crypto.derive import prefixed
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.layout import KEY_ID_BYTES, KINDS, MAGIC, OVERHEAD_BYTES
from pytest_dbops.crypto.seal import place_bytes

Crypt = Callable[[bytes, bytes, bytes | None], bytes]
"""Encrypt or decrypt: nonce, data, additional data."""

DOUBTS = (InvalidTag, LookupError, TypeError, ValueError)
"""What is raised by a field that does not open, or is none."""

MOST_READY = 4_096
_START, _KEY, _LENGTH = slice(2), slice(2, 2 + KEY_ID_BYTES), slice(2 + KEY_ID_BYTES, None)


@dataclass(slots=True)
class Opener:
    """What opens envelopes with one header, of one tenant.

    size_bytes: what such an envelope has. behind: additional data of the tenant, behind the header and before the row;
    bound: both. opened: how many fields it has opened, as its user counts them.
    """

    tenant: str
    key_id: bytes
    size_bytes: int
    behind: bytes
    bound: bytes
    decrypt: Crypt
    opened: int = 0


class Openers(dict[tuple[Any, bytes], Opener]):
    """The openers of a column by tenant (anything without one) and header, made when they are first met.

    Raises LookupError for the header of an unknown key, ValueError for what is none, and for an unfit tenant.
    """

    def __init__(self, keyring: Keyring, column: EncryptedColumn) -> None:
        super().__init__()
        self._keyring, self._column = keyring, column
        self._start = bytes([MAGIC, KINDS[column.profile]])
        self._place = place_bytes(column.place)
        self._dropped = Counter[bytes]()

    def __missing__(self, tenant_and_header: tuple[Any, bytes]) -> Opener:
        tenant, header = tenant_and_header
        if header[_START] != self._start:
            raise ValueError("no header")
        bind, key_id = self._column.bind, header[_KEY]
        told = written(bind[0], tenant) if bind else ""
        cipher = self._keyring.cipher(key_id, self._column.place, told)
        if cipher is None:
            raise LookupError(key_id)
        if len(self) >= MOST_READY:  # of many tenants and lengths; to make one anew costs as much as opening a field
            self._dropped = self.take_opened()
            self.clear()
        size_bytes = int.from_bytes(header[_LENGTH]) + OVERHEAD_BYTES
        behind = self._place + prefixed(told) if bind else self._place
        made = Opener(told, key_id, size_bytes, behind, header + behind, cipher.decrypt)
        self[tenant_and_header] = made
        return made

    def take_opened(self) -> Counter[bytes]:
        """Return how many fields were opened since this was last asked, by the id of their key."""
        taken, self._dropped = self._dropped, Counter()
        for each in self.values():
            if each.opened:
                taken[each.key_id] += each.opened
                each.opened = 0
        return taken


def bindings(column: EncryptedColumn, rows: Sequence[Sequence[Any]]) -> tuple[Iterable[Any], Iterable[Any]]:
    """Return the tenant of each row of a column without index, and what the row adds to the additional data.

    What is unfit is given as it is, and opens nothing. Without an end where fields are not bound to rows.
    """
    if not column.bind:
        return repeat(None), repeat(b"")
    return [row[1] for row in rows], rows_written(column.bind[1], [row[2] for row in rows])
