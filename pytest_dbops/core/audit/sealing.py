"""Make the next batch of seals of entries that are final; pure, so that every product seals alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pytest_dbops.core.audit.entry import Entry
from pytest_dbops.core.audit.hashing import batch_hash, content_commitment, entry_hash, seal_hash
from pytest_dbops.core.audit.sealed import Batch, Link, Seal, Standing

ERASED = bytes(32)
"""The commitment of an entry whose content was erased before it was ever sealed."""


def seal_entries(
    entries: Sequence[Entry], standing: Standing, ends: Mapping[str, Link], *, sealed_at: str
) -> tuple[Batch, tuple[Seal, ...]]:
    """Return the batch that follows `standing` and its seals, one a tenant.

    entries: all that follow the last sealed one, by id, at least one. ends: the last seal of each tenant among them.
    """
    number = standing.batches + 1
    by_tenant: dict[str, list[Entry]] = {}
    for entry in entries:
        by_tenant.setdefault(entry.tenant, []).append(entry)
    seals = tuple(_seal(tenant, own, ends.get(tenant, Link()), number) for tenant, own in by_tenant.items())
    up_to = entries[-1].id
    made = batch_hash(
        number, standing.hash, after_id=standing.up_to_id, up_to_id=up_to, sealed_at=sealed_at,
        seals=((seal.tenant, seal.number, seal.hash) for seal in seals),
    )  # fmt: skip
    return Batch(number, standing.up_to_id, up_to, sealed_at, standing.hash, made), seals


def _seal(tenant: str, entries: Iterable[Entry], end: Link, batch: int) -> Seal:
    ids, commitments, hashes = bytearray(), bytearray(), bytearray()
    for entry in entries:
        kept = commitment_of(entry)
        ids += entry.id.to_bytes(8)
        commitments += kept
        hashes += entry_hash(entry, kept)
    packed = {"entries": bytes(ids), "commitments": bytes(commitments), "hashes": bytes(hashes)}
    made = seal_hash(tenant, end.number + 1, end.hash, **packed)
    return Seal(tenant, end.number + 1, batch, **packed, previous=end.hash, hash=made)


def commitment_of(entry: Entry) -> bytes:
    """Return the commitment to an entry's content as it is now."""
    if entry.changed is None or entry.salt is None:
        return ERASED
    return content_commitment(entry.salt, entry.changed)
