"""The hashes of the format, byte by byte as docs/audit-format.md has them; SHA-256 throughout."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

from pytest_dbops.core.audit.entry import Entry

_CONTENT = b"dbops-audit-content-1\x00"
_ENTRY = b"dbops-audit-entry-1\x00"
_SEAL = b"dbops-audit-seal-1\x00"
_BATCH = b"dbops-audit-batch-1\x00"
_ABSENT = b"\xff\xff\xff\xff"


def content_commitment(salt: bytes, changed: str) -> bytes:
    """Return what is kept of the values of an entry; tells nothing of them to whoever lacks the salt."""
    return sha256(_CONTENT + salt + _bytes(changed)).digest()


def entry_hash(entry: Entry, commitment: bytes) -> bytes:
    """Return the hash of an entry, which needs its content only by the commitment."""
    head = _head(
        entry.tenant, entry.at, entry.transaction_id, entry.actor, entry.request, entry.role, entry.table_schema,
        entry.table_name, entry.operation,
    )  # fmt: skip
    return sha256(_ENTRY + _u64(entry.id) + head + field(entry.row_key) + commitment).digest()


def seal_hash(
    tenant: str, number: int, previous: bytes, *, entries: bytes, commitments: bytes, hashes: bytes
) -> bytes:  # fmt: skip
    """Return the hash of a link of one tenant's chain."""
    count = len(entries) // 8
    head = _u64(number) + previous + field(tenant) + count.to_bytes(4)
    return sha256(_SEAL + head + entries + commitments + hashes).digest()


def batch_hash(
    number: int, previous: bytes, *, after_id: int, up_to_id: int, sealed_at: str,
    seals: Iterable[tuple[str, int, bytes]],
) -> bytes:  # fmt: skip
    """Return the hash of a link over all tenants; seals: (tenant, number, hash), by the bytes of the tenant."""
    head = _u64(number) + previous + _u64(after_id) + _u64(up_to_id) + field(sealed_at)
    told = sorted((_bytes(tenant), count, made) for tenant, count, made in seals)
    body = b"".join(_counted(tenant) + _u64(count) + made for tenant, count, made in told)
    return sha256(_BATCH + head + body).digest()


def field(value: str | None) -> bytes:
    """Return a text as its length (4 bytes, big-endian) and its UTF-8, NULL as four bytes 0xff."""
    return _ABSENT if value is None else _counted(_bytes(value))


@lru_cache(maxsize=256)
def _head(tenant: str, at: str, transaction_id: int | None, *others: str | None) -> bytes:
    """Return the fields that entries of one statement and tenant have in common."""
    number = None if transaction_id is None else str(transaction_id)
    return b"".join(map(field, (tenant, at, number, *others)))


def _u64(value: int) -> bytes:
    """Return 8 bytes, big-endian; a number that was forged below zero is hashed in two's complement."""
    return (value & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8)


def _counted(value: bytes) -> bytes:
    return len(value).to_bytes(4) + value


def _bytes(text: str) -> bytes:
    # A text that SQLite holds and that is no UTF-8 comes as surrogates, and is hashed as the bytes it is.
    return text.encode("utf-8", "surrogateescape")
