"""Verify a trail: every seal against its predecessor, every entry against its seal; a batch in memory at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pytest_dbops.core.audit.entry import Entry
from pytest_dbops.core.audit.hashing import batch_hash, entry_hash, seal_hash
from pytest_dbops.core.audit.port import Trail
from pytest_dbops.core.audit.records import Expired, Records
from pytest_dbops.core.audit.sealed import Batch, Link, Seal, Waiting
from pytest_dbops.core.audit.sealing import commitment_of
from pytest_dbops.core.frozen import frozen

BATCHES_AT_ONCE = 50
ENTRIES_AT_ONCE = 5000
MOST_FAULTS = 200


class FaultKind(StrEnum):
    """What was done to a trail."""

    ENTRY_CHANGED = "entry changed"
    ENTRY_MISSING = "entry missing"
    ENTRY_UNKNOWN = "entry unknown"
    ENTRY_ERASED = "entry erased without a record"
    SEAL_CHANGED = "seal changed"
    SEAL_MISSING = "seal missing"
    SEAL_OUT_OF_ORDER = "seal out of order"
    BATCH_CHANGED = "batch changed"
    BATCH_MISSING = "batch missing"
    BATCH_OUT_OF_ORDER = "batch out of order"
    END_CHANGED = "end changed"
    ANCHOR_UNKNOWN = "anchor unknown"


@frozen
class Fault:
    """One thing that is not as it was sealed; subject: `entry 17`, `seal 3 of tenant '8'`, `batch 12`."""

    kind: FaultKind
    subject: str
    message: str


@frozen
class Verified:
    """What a verification went through, and what it found.

    head: hash of the last batch, to be kept elsewhere. erased: entries whose content was taken away on record.
    removed: entries of months that were removed on record.
    faults: the first of them; counts: all, by kind.
    """

    batches: int
    seals: int
    entries: int
    erased: int
    waiting: Waiting
    head: str
    removed: int = 0
    faults: tuple[Fault, ...] = ()
    counts: tuple[tuple[FaultKind, int], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.counts


def verify_trail(trail: Trail, *, anchor: str = "") -> Verified:
    """Go through a whole trail, first entry to last.

    anchor: the hash of a batch, in hexadecimal, that was kept elsewhere and must be among those that hold.
    Memory: one batch, one link a tenant, and what the trail records of erasures and removed months.
    """
    standing = trail.standing()
    verifier = _Verifier(bytes.fromhex(anchor), trail.records())
    for entry in _entries(trail, -(1 << 63), 0):
        verifier.tell_unknown(entry)
    for batch in _batches(trail):
        seals = trail.seals(verifier.end.number, batch.number)
        verifier.expect(seals)
        verifier.join(batch, seals)
        for entry in _entries(trail, verifier.up_to_id, batch.up_to_id):
            verifier.meet(entry)
        verifier.end_batch(batch)
    verifier.compare_records()
    verifier.compare_end(standing.batches, standing.up_to_id, standing.hash)
    return verifier.told(trail.waiting())


@dataclass(slots=True)
class _Verifier:
    """What is known in the middle of a verification."""

    anchor: bytes
    records: Records
    end: Link = field(default_factory=Link)
    up_to_id: int = 0
    ends: dict[str, Link] = field(default_factory=dict)
    expected: dict[int, tuple[Seal, int]] = field(default_factory=dict)
    removed: Counter[Expired] = field(default_factory=Counter)
    seals: int = 0
    entries: int = 0
    erased: int = 0
    has_anchor: bool = False
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[FaultKind] = field(default_factory=Counter)

    def expect(self, seals: Iterable[Seal]) -> None:
        """Verify links of the tenants' chains, and expect the entries they hold."""
        for seal in seals:
            self.seals += 1
            name = f"seal {seal.number} of tenant {seal.tenant!r}"
            before = self.ends.get(seal.tenant, Link())
            is_sound = self._follows(seal, before, name)
            made = seal_hash(
                seal.tenant, seal.number, seal.previous,
                entries=seal.entries, commitments=seal.commitments, hashes=seal.hashes,
            )  # fmt: skip
            if made != seal.hash:
                is_sound = False
                self.tell(FaultKind.SEAL_CHANGED, name, f"{name} (batch {seal.batch}) was changed after it was made")
            self._look_at(made if is_sound else b"")
            self.ends[seal.tenant] = Link(seal.number, seal.hash)
            self.expected |= {number: (seal, place) for place, number in enumerate(seal.ids)}

    def _follows(self, seal: Seal, before: Link, name: str) -> bool:
        if seal.number > before.number + 1:
            missing = _range("seal", before.number + 1, seal.number - 1)
            self.tell(
                FaultKind.SEAL_MISSING, f"{missing} of tenant {seal.tenant!r}",
                f"{missing} of tenant {seal.tenant!r} is missing before {name}",
            )  # fmt: skip
        elif seal.number <= before.number:
            self.tell(
                FaultKind.SEAL_OUT_OF_ORDER, name, f"{name} (batch {seal.batch}) stands after seal {before.number}"
            )
        elif seal.previous != before.hash:
            self.tell(FaultKind.SEAL_OUT_OF_ORDER, name, f"{name} does not follow the seal before it")
        else:
            return True
        return False

    def join(self, batch: Batch, seals: Sequence[Seal]) -> None:
        """Verify a link of the chain over all tenants."""
        name, is_sound = f"batch {batch.number}", True
        if batch.number != self.end.number + 1:
            missing = _range("batch", self.end.number + 1, batch.number - 1)
            self.tell(
                FaultKind.BATCH_MISSING, missing,
                f"{missing} is missing before {name}; it sealed entries {self.up_to_id + 1} to {batch.after_id}",
            )  # fmt: skip
            is_sound = False
        elif (batch.previous, batch.after_id) != (self.end.hash, self.up_to_id):
            self.tell(FaultKind.BATCH_OUT_OF_ORDER, name, f"{name} does not follow the batch before it")
            is_sound = False
        made = batch_hash(
            batch.number, batch.previous, after_id=batch.after_id, up_to_id=batch.up_to_id, sealed_at=batch.sealed_at,
            seals=((each.tenant, each.number, each.hash) for each in seals if each.batch == batch.number),
        )  # fmt: skip
        if made != batch.hash:
            self.tell(
                FaultKind.BATCH_CHANGED, name,
                f"{name} ({batch.sealed_at}) or the list of its seals was changed after it was made",
            )  # fmt: skip
        elif is_sound:
            self._look_at(made)

    def meet(self, entry: Entry) -> None:
        """Hold an entry against its seal."""
        self.entries += 1
        found = self.expected.pop(entry.id, None)
        if found is None:
            self.tell_unknown(entry)
            return
        seal, place = found
        sealed, kept = _part(seal.hashes, place), _part(seal.commitments, place)
        is_erased = entry.changed is None and entry.salt is None
        commitment = kept if is_erased else commitment_of(entry)
        if entry_hash(entry, commitment) != sealed:
            what = "what it holds" if entry_hash(entry, kept) == sealed else "who, when or where it tells of"
            self.tell(
                FaultKind.ENTRY_CHANGED, f"entry {entry.id}",
                f"entry {entry.id} of {entry.table_name!r} ({entry.at}) is not what was sealed: {what} was changed",
            )  # fmt: skip
        elif is_erased and entry.id in self.records.erased:
            self.erased += 1
        elif is_erased:
            self.tell(
                FaultKind.ENTRY_ERASED, f"entry {entry.id}",
                f"entry {entry.id} lost what it held, and no entry records the erasure",
            )  # fmt: skip

    def tell_unknown(self, entry: Entry) -> None:
        """Tell of an entry that stands among sealed ones."""
        self.tell(
            FaultKind.ENTRY_UNKNOWN, f"entry {entry.id}",
            f"entry {entry.id} of {entry.table_name!r} stands among sealed entries, and no seal knows it",
        )  # fmt: skip

    def end_batch(self, batch: Batch) -> None:
        """Tell which entries were not met, and go on behind the batch."""
        for number, (seal, _) in sorted(self.expected.items()):
            expired = next((each for each in self.records.expired if each.covers(number)), None)
            if expired is not None:
                self.removed[expired] += 1
                continue
            self.tell(
                FaultKind.ENTRY_MISSING, f"entry {number}",
                f"entry {number} is missing; seal {seal.number} of tenant {seal.tenant!r} holds it",
            )  # fmt: skip
        self.expected.clear()
        self.end, self.up_to_id = Link(batch.number, batch.hash), max(self.up_to_id, batch.up_to_id)

    def compare_records(self) -> None:
        """Tell of months of which more is missing than their removal records."""
        for expired, count in self.removed.items():
            if count > expired.entries:
                self.tell(
                    FaultKind.ENTRY_MISSING, f"entry {expired.first} to {expired.last}",
                    f"{count} entries from {expired.first} to {expired.last} are missing; {expired.entries} of"
                    f" {expired.month} were removed on record",
                )  # fmt: skip

    def compare_end(self, batches: int, up_to_id: int, head: bytes) -> None:
        """Hold the end against what the trail says of its end, and the anchor against what was met."""
        if batches > self.end.number:
            missing = _range("batch", self.end.number + 1, batches)
            self.tell(
                FaultKind.BATCH_MISSING, missing,
                f"{missing} is missing at the end; entries {self.up_to_id + 1} to {up_to_id} were sealed there",
            )  # fmt: skip
        elif (batches, up_to_id, head) != (self.end.number, self.up_to_id, self.end.hash):
            self.tell(
                FaultKind.END_CHANGED, "end",
                f"the trail ends with batch {self.end.number}, and its state tells of batch {batches} with another hash"
                " or entry",
            )  # fmt: skip
        if self.anchor and not self.has_anchor:
            self.tell(
                FaultKind.ANCHOR_UNKNOWN, "anchor",
                f"no batch or seal that holds has the hash {self.anchor.hex()}: the trail was rewritten since it was"
                " noted, or is another",
            )  # fmt: skip

    def tell(self, kind: FaultKind, subject: str, message: str) -> None:
        """Count a fault, and keep the first of them."""
        self.counts[kind] += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(kind, subject, message))

    def told(self, waiting: Waiting) -> Verified:
        """Return what was found."""
        return Verified(
            self.end.number, self.seals, self.entries, self.erased, waiting, self.end.hash.hex(), self.removed.total(),
            tuple(self.faults), tuple(self.counts.items()),
        )  # fmt: skip

    def _look_at(self, made: bytes) -> None:
        self.has_anchor = self.has_anchor or made == self.anchor


def _batches(trail: Trail) -> Iterator[Batch]:
    after = 0
    while page := trail.batches(after, BATCHES_AT_ONCE):
        yield from page
        after = page[-1].number


def _entries(trail: Trail, after_id: int, up_to_id: int) -> Iterator[Entry]:
    while page := trail.entries(after_id, up_to_id, ENTRIES_AT_ONCE):
        yield from page
        after_id = page[-1].id


def _part(packed: bytes, place: int) -> bytes:
    return packed[place * 32 : place * 32 + 32]


def _range(what: str, first: int, last: int) -> str:
    return f"{what} {first}" if first >= last else f"{what} {first} to {last}"
