"""Batches and seals: what is written when entries are sealed, and where a trail stands."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen

GENESIS = bytes(32)
"""What the first seal of a tenant and the first batch follow."""


@frozen
class Seal:
    """A link of one tenant's chain: the entries of one batch that are the tenant's, in their order.

    entries: 8 bytes each, big-endian; commitments, hashes: 32 bytes each, in the same order.
    """

    tenant: str
    number: int
    batch: int
    entries: bytes
    commitments: bytes
    hashes: bytes
    previous: bytes
    hash: bytes

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the entries."""
        return tuple(int.from_bytes(self.entries[at : at + 8]) for at in range(0, len(self.entries), 8))


@frozen
class Batch:
    """A link of the chain over all tenants: every entry with an id above `after_id` and up to `up_to_id`."""

    number: int
    after_id: int
    up_to_id: int
    sealed_at: str
    previous: bytes
    hash: bytes


@frozen
class Standing:
    """Where a trail says it ends: number of batches, the last sealed entry, and the hash of the last batch."""

    batches: int = 0
    up_to_id: int = 0
    hash: bytes = GENESIS


@frozen
class Link:
    """The end of a chain: its length and last hash."""

    number: int = 0
    hash: bytes = GENESIS


@frozen
class Waiting:
    """Entries without a seal: how many, and the age of the oldest by the database's clock."""

    entries: int = 0
    oldest_s: float = 0.0
