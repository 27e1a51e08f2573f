"""Seal what is final in batches, each in a transaction of its own: whoever is killed leaves whole batches behind."""

from __future__ import annotations

from collections.abc import Callable

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.port import Sealing, Writer
from pytest_dbops.core.audit.sealed import Batch, Waiting
from pytest_dbops.core.audit.sealing import seal_entries
from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.audit.opened import (
    finish_interrupted,
    open_trail,
    open_writer,
    refuse_by_policy,
    refuse_standby,
    require_log,
)
from pytest_dbops.operations.child import Progress

ENTRIES_A_BATCH = 2000
WAIT_S = 10.0
BROKEN = "its last batch is not the one its state tells of (run: dbops audit verify)"


@frozen
class Sealed:
    """What was sealed, and what still waits; head: the hash of the last batch, to be kept elsewhere.

    partitions: statements that made partitions ahead.
    """

    environment: str
    batches: int
    entries: int
    head: str
    waiting: Waiting
    partitions: tuple[str, ...] = ()
    is_dry_run: bool = False


def seal(
    config: Config, name: str | None, *, progress: Progress, wait_s: float = WAIT_S, is_dry: bool = False
) -> Sealed:
    """Seal all entries that are final, and make the partitions ahead; a dry run only says what waits.

    wait_s: how long transactions that are writing now are waited for. Raises PolicyRefused before anything is opened
    where nothing may be written, Blocked where there is no trail, or where its end does not hold.
    """
    if not is_dry:
        finish_interrupted(config, refuse_by_policy(config, name))
    with open_trail(config, name, progress=progress) as opened:
        require_log(opened)
        before, environment, url = opened.installed, opened.environment, opened.url
        partitions = opened.product.making_ahead(before)
        if not is_dry:
            refuse_standby(opened)
    if is_dry:
        return Sealed(
            environment.name, 0, 0, before.standing.hash.hex(), before.waiting, partitions, is_dry_run=True
        )  # fmt: skip
    with open_writer(environment, url) as writer:
        if partitions:
            writer.run(partitions)
        batches, entries, head = seal_all(
            writer, wait_s=wait_s, hear=lambda count: progress(f"sealing: {count} entries done")
        )
    with open_trail(config, name, progress=progress) as opened:
        waiting, head = opened.installed.waiting, opened.installed.standing.hash.hex()
    logger_of("compliance").info(
        "%s: %s entries sealed in %s batches, head %s", environment.name, entries, batches, head
    )
    return Sealed(environment.name, batches, entries, head, waiting, partitions)


def seal_all(
    writer: Writer,
    *,
    wait_s: float = WAIT_S,
    at_once: int = ENTRIES_A_BATCH,
    hear: Callable[[int], None] = lambda count: None,
) -> tuple[int, int, str]:
    """Seal batch after batch up to what is final now; returns batches, entries and the hash of the last one."""
    final, batches, entries, head = writer.final_id(wait_s), 0, 0, ""
    while True:
        with writer.sealing() as sealing:
            made = _seal_batch(sealing, final, at_once)
        if made is None:
            return batches, entries, head
        batch, count = made
        batches, entries, head = batches + 1, entries + count, batch.hash.hex()
        hear(entries)


def _seal_batch(sealing: Sealing, final: int, at_once: int) -> tuple[Batch, int] | None:
    trail = sealing.trail()
    standing = trail.standing()
    last = trail.batches(standing.batches - 1, 2)
    ends = [(each.number, each.up_to_id, each.hash) for each in last]
    if ends != ([(standing.batches, standing.up_to_id, standing.hash)] if standing.batches else []):
        raise Blocked(f"the audit trail is not continued: {BROKEN}")
    entries = trail.entries(standing.up_to_id, final, at_once)
    if not entries:
        return None
    tenants = sorted({entry.tenant for entry in entries})
    batch, seals = seal_entries(entries, standing, sealing.ends(tenants), sealed_at=sealing.moment())
    sealing.put(batch, seals)
    return batch, len(entries)
