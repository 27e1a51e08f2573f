"""What is known of all relations and of the locks held, from look to look; tells what a statement changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_dbops.backends.postgresql.observation.reading import Facts, Look
from pytest_dbops.core.locks.mode import newly_taken
from pytest_dbops.core.observed import Changed, Lock, LockMode, RelationKind, Rewrite, Scan

_NOT_REWRITTEN = (RelationKind.SEQUENCE, RelationKind.TOAST)
_INDEXES = (RelationKind.INDEX, RelationKind.PARTITIONED_INDEX)
_LOCKABLE = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE, RelationKind.MATERIALIZED_VIEW)
_WITH_ROWS = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)


@dataclass(slots=True)
class Ledger:
    """Relations as the last look found them (`now`), and as the transaction found them (`start`).

    ignored: names of tables nobody wants to hear of, as the version table of the migrations.
    """

    ignored: frozenset[str] = frozenset()
    now: dict[int, Facts] = field(default_factory=dict)
    start: Mapping[int, Facts] = field(default_factory=dict)
    held: dict[int, frozenset[LockMode]] = field(default_factory=dict)

    def renew(self, look: Look) -> None:
        """Take over a look at all relations, as they were before a statement."""
        self.now = {oid: facts for oid, facts in look.relations.items() if facts is not None}

    def open_transaction(self) -> None:
        """Remember what there is: whatever comes from now on is invisible to others until the commit."""
        self.start, self.held = dict(self.now), {}

    def undo_transaction(self) -> None:
        """Return to what there was."""
        self.now, self.held = dict(self.start), {}

    def changing(self, look: Look) -> Mapping[int, frozenset[LockMode]]:
        """Return the mode that changing rows takes, on the tables of which rows were changed."""
        return {oid: frozenset({LockMode.ROW_EXCLUSIVE}) for oid in self.changed(look)}

    def take_over(self, look: Look) -> Sequence[tuple[int, Lock]]:
        """Make a look the last one; returns the locks by which more has to wait than before, with the oid.

        Order is by name. Ask for rewrites, scans and changed rows before.
        """
        if look.is_whole:
            self.now = {}
        for oid, facts in look.relations.items():
            if facts is None:
                self.now.pop(oid, None)
            else:
                self.now[oid] = facts
        taken = [
            (oid, self._lock(oid, mode))
            for oid, modes in look.held.items()
            if self._is_shown(oid) and not self._is_toast_of_locked(oid, look.held)
            for mode in newly_taken(modes, self.held.get(oid, ()))
        ]
        self.held = dict(look.held)
        return sorted(taken, key=lambda item: (item[1].table, item[1].relation, -item[1].mode))

    def given_up(self, held: Mapping[int, frozenset[LockMode]]) -> frozenset[tuple[int, LockMode]]:
        """Return what was held before and is no more: only a return to a savepoint does that."""
        return frozenset(
            (oid, mode) for oid, modes in self.held.items() for mode in modes if mode not in held.get(oid, ())
        )

    def rewrites(self, look: Look) -> Iterator[Rewrite]:
        """Yield relations of before the transaction that have another file than at the last look."""
        for facts in self._old(look):
            if facts.filenode != self.now[facts.oid].filenode and facts.kind not in _NOT_REWRITTEN:
                yield Rewrite(self.name(facts.oid), facts.kind, self.table(facts.oid))

    def scans(self, look: Look, *, is_schema: bool) -> Iterator[Scan]:
        """Yield tables of before the transaction that were read whole; by an index only where a schema change did."""
        direct = {f.oid for f in self._old(look) if f.kind in _WITH_ROWS and f.scans > self.now[f.oid].scans}
        by_index = {
            f.owner
            for f in self._old(look)
            if is_schema and f.kind is RelationKind.INDEX and f.scans > self.now[f.oid].scans
            and self._kind(f.owner) in _WITH_ROWS
        }  # fmt: skip
        yield from (Scan(self.name(oid)) for oid in direct)
        yield from (Scan(self.name(oid), is_by_index=True) for oid in by_index - direct)

    def changed(self, look: Look) -> Mapping[int, Changed]:
        """Return the tables of which rows were inserted, updated or deleted, by oid; how many they had is open."""
        found: dict[int, Changed] = {}
        for facts in filter(None, look.relations.values()):
            if facts.kind not in _WITH_ROWS or not self._is_shown(facts.oid):
                continue
            before = self.now.get(facts.oid)
            # TRUNCATE takes its own transaction's counts back.
            inserted = max(0, facts.inserted - (before.inserted if before else 0))
            updated = max(0, facts.updated - (before.updated if before else 0))
            deleted = max(0, facts.deleted - (before.deleted if before else 0))
            if inserted or updated or deleted:
                name, is_new = self.name(facts.oid), facts.oid not in self.start
                found[facts.oid] = Changed(name, inserted, updated, deleted, is_created_in_transaction=is_new)
        return found

    def name(self, oid: int) -> str:
        """Return the name by which clients know a relation: that of before the transaction, if it is so old."""
        facts = self.start.get(oid) or self.now.get(oid)
        return facts.name if facts else ""

    def table(self, oid: int) -> str:
        """Return the name of the table a relation belongs to, its own for a table."""
        facts = self.start.get(oid) or self.now.get(oid)
        seen = 0
        while facts and facts.owner and seen < 3:  # the index of a toast table belongs to it, and it to a table
            owner = self.start.get(facts.owner) or self.now.get(facts.owner)
            facts, seen = owner or facts, seen + 1
            if owner is None:
                break
        return facts.name if facts else ""

    def tables(self) -> dict[int, str]:
        """Return the names of all tables and materialized views, by oid."""
        kinds = (*_WITH_ROWS, RelationKind.PARTITIONED_TABLE)
        return {oid: facts.name for oid, facts in self.now.items() if facts.kind in kinds and self._is_shown(oid)}

    def named(self, words: Sequence[str]) -> Sequence[int]:
        """Return the tables that are named by a word, themselves or by one of their indexes; each once, in order."""
        by_word: dict[str, list[int]] = {}
        for oid, facts in self.now.items():
            table = facts.owner if facts.kind in _INDEXES else oid
            if facts.kind in (*_INDEXES, *_LOCKABLE) and self._kind(table) in _LOCKABLE and self._is_shown(oid):
                by_word.setdefault(facts.relation, []).append(table)
        return list(dict.fromkeys(oid for word in words for oid in by_word.get(word, ())))

    def invalid_indexes(self, look: Look) -> Iterator[str]:
        """Yield indexes that are invalid now and were not before."""
        for facts in filter(None, look.relations.values()):
            before = self.now.get(facts.oid)
            if not facts.is_valid and (before is None or before.is_valid):
                yield facts.name

    def _old(self, look: Look) -> Iterator[Facts]:
        """Yield the relations of before the transaction that are still there."""
        for oid, facts in look.relations.items():
            if facts is not None and oid in self.start and oid in self.now and self._is_shown(oid):
                yield facts

    def _lock(self, oid: int, mode: LockMode) -> Lock:
        kind = self._kind(oid)
        return Lock(
            mode, self.name(oid), kind or RelationKind.TABLE, self.table(oid),
            is_created_in_transaction=oid not in self.start, is_dropped=oid not in self.now,
        )  # fmt: skip

    def _kind(self, oid: int) -> RelationKind | None:
        facts = self.start.get(oid) or self.now.get(oid)
        return facts.kind if facts else None

    def _is_toast_of_locked(self, oid: int, held: Mapping[int, frozenset[LockMode]]) -> bool:
        """Tell whether a lock on a toast table adds nothing to that on its table."""
        if self._kind(oid) is not RelationKind.TOAST:
            return False
        table = self.table(oid)
        on_table = (modes for other, modes in held.items() if self.name(other) == table)
        return not newly_taken(held[oid], frozenset().union(*on_table))

    def _is_shown(self, oid: int) -> bool:
        table = self.table(oid)
        return bool(table) and table not in self.ignored and table.rpartition(".")[2] not in self.ignored
