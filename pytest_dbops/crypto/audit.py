"""Judge all fields of a column, fed in blocks: counts, first offenders, keys; memory does not grow with the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_dbops.core.encryption import (
    EncryptedColumn,
    FieldAudit,
    FieldVerdict,
    KeyShare,
    KeyState,
    Method,
    Offender,
    Purpose,
)
from pytest_dbops.core.evidence import key_text
from pytest_dbops.crypto.fields import Field, FieldReader, UsedNonce, index_fits, opened_at_home, used_nonce
from pytest_dbops.crypto.judging import Judged, judge, judge_elsewhere
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.layout import KEY_ID_BYTES, Parts, split
from pytest_dbops.crypto.nonces import NonceFilter
from pytest_dbops.crypto.seal import Binding

MOST_SHOWN = 5
"""Offenders that are named of each verdict."""

MOST_SUSPECTS = 256
"""Fields that are tried in the places of other rows; of more it is said that they were not."""

MOST_TRIALS = 1_000_000
"""Trials of suspects in the places of all rows of a table."""

Named = tuple[str, Binding]
"""A row's primary key as text, and what its fields are bound to."""


def follower_of(column: EncryptedColumn) -> EncryptedColumn:
    """Return a column with the index that takes over in the place of its own."""
    return replace(column, index=column.follower, follower=None)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was found in a part of a column, as another process can be told of it.

    opened, strange: fields by id of their key, those of known keys and those of strangers.
    """

    fields: int
    counts: tuple[tuple[FieldVerdict, int], ...]
    opened: tuple[tuple[str, int], ...]
    strange: tuple[tuple[str, int], ...]
    offenders: tuple[Offender, ...]
    untried: int
    unindexed: int


class ColumnAuditor:
    """Judges one column. Feed it all blocks, then settle what may have been moved, then ask for the result."""

    def __init__(
        self, keyring: Keyring, column: EncryptedColumn, columns: Sequence[EncryptedColumn],
        nonces: NonceFilter | None = None,
    ) -> None:  # fmt: skip
        self._keyring = keyring
        self._column = column
        self._columns = columns
        self._reader = FieldReader(keyring, column, nonces)
        self._counts: Counter[FieldVerdict] = Counter()
        self._strange: Counter[str] = Counter()
        self._offenders: dict[FieldVerdict, list[Offender]] = {}
        self._suspects: list[Field] = []
        self._untried = 0
        self._unindexed = 0
        self._fields = 0

    def feed(self, rows: Sequence[Sequence[Any]]) -> None:
        """Judge a block of rows, as `read_order` tells what they hold."""
        self._fields += len(rows)
        for field in self._reader.read(rows):
            judged = judge(self._keyring, self._column, self._columns, field)
            if judged.verdict is FieldVerdict.EMPTY:
                self._counts[judged.verdict] += 1
            elif judged.is_open and len(self._suspects) < MOST_SUSPECTS:
                self._suspects.append(field)
            else:
                self._untried += judged.is_open
                self._note(field, judged)

    def feed_follower(self, rows: Sequence[Sequence[Any]]) -> None:
        """Judge the second index of rows that are fed besides, as `read_order` tells of `follower_of` the column.

        One that is not there yet is counted; a field that does not open was judged when it was fed itself.
        """
        column = follower_of(self._column)
        reader = FieldReader(self._keyring, column)
        for field in map(reader.field, rows):
            home = None if field.value is None else opened_at_home(self._keyring, column, field)
            if field.value is None:
                is_wrong = field.index is not None and not column.is_required
            elif home is None:
                continue
            elif field.index is None:
                self._unindexed += 1
                continue
            else:
                is_wrong = not index_fits(self._keyring, column, field, home[0])
            if is_wrong:
                self._note(field, judge(self._keyring, column, self._columns, field))

    def settle(
        self, equal_rows: Callable[[bytes], Iterable[Named]], all_rows: Callable[[], Iterable[Sequence[Named]]]
    ) -> None:
        """Find out which suspects were moved from another row, and count the others as altered.

        equal_rows: the rows that hold the same bytes in this column. all_rows: blocks of all rows of the table.
        """
        left = [each for each in self._suspects if not self._moved(each, self._of_suspects())]
        left = [each for each in left if not self._moved(each, equal_rows(each.value), only_here=True)]
        trials = 0
        for block in all_rows() if left else ():
            trials += len(block) * len(left)
            if trials > MOST_TRIALS:
                self._untried += len(left)
                break
            left = [each for each in left if not self._moved(each, block, only_here=True)]
            if not left:
                break
        for field in left:
            self._note(field, Judged(FieldVerdict.ALTERED))
        self._suspects = []

    def recount(self, blocks: Iterable[Sequence[Sequence[Any]]]) -> None:
        """Look once more at all fields with a nonce that may be used twice."""
        users: dict[UsedNonce, list[Field]] = {}
        numbers: Counter[UsedNonce] = Counter()
        for field in (self._reader.field(row) for rows in blocks for row in rows):
            found = opened_at_home(self._keyring, self._column, field)
            if found is not None and index_fits(self._keyring, self._column, field, found[0]):
                nonce = used_nonce(field)
                numbers[nonce] += 1
                if len(shown := users.setdefault(nonce, [])) < MOST_SHOWN:
                    shown.append(field)
        for nonce, fields in users.items():
            if numbers[nonce] > 1:
                self._reader.opened[nonce.key_and_nonce[:KEY_ID_BYTES]] -= numbers[nonce]
                self._counts[FieldVerdict.DUPLICATE_NONCE] += numbers[nonce] - len(fields)
                for field in fields:
                    self._note(field, Judged(FieldVerdict.DUPLICATE_NONCE))

    def tally(self) -> Tally:
        """Return what was found so far; to be asked for behind `settle`."""
        return Tally(
            self._fields, tuple(self._counts.items()),
            tuple((key_id.hex(), number) for key_id, number in self._reader.opened.items()),
            tuple(self._strange.items()),
            tuple(offender for shown in self._offenders.values() for offender in shown),
            self._untried, self._unindexed,
        )  # fmt: skip

    def absorb(self, tally: Tally) -> None:
        """Count what another auditor has found in another part of the column."""
        self._fields += tally.fields
        self._untried += tally.untried
        self._unindexed += tally.unindexed
        self._counts.update(dict(tally.counts))
        self._strange.update(dict(tally.strange))
        for key_id, number in tally.opened:
            self._reader.opened[bytes.fromhex(key_id)] += number
        for offender in tally.offenders:
            shown = self._offenders.setdefault(offender.verdict, [])
            if len(shown) < MOST_SHOWN:
                shown.append(offender)

    def result(self, method: Method, rows: int) -> FieldAudit:
        """Return what became of the fields; rows: how many the table has."""
        for key_id, number in self._reader.opened.items():
            record = self._keyring.record(Purpose.DATA, key_id)
            is_active = record is not None and record.state is KeyState.ACTIVE
            self._counts[FieldVerdict.OK if is_active else FieldVerdict.OK_OLD_KEY] += number
        self._counts = +self._counts
        return FieldAudit(
            column=self._column.name, method=method, rows=rows, fields=self._fields,
            counts=tuple(self._counts.most_common()),
            keys=tuple(self._shares()),
            offenders=tuple(offender for shown in self._offenders.values() for offender in shown),
            unsure=self._unsure(),
            unindexed=self._unindexed,
            is_follower_asked=not self._keyring.is_index_key_waiting,
        )  # fmt: skip

    def _of_suspects(self) -> list[Named]:
        return [(self._named(each), each.binding) for each in self._suspects if each.binding]

    def _moved(self, field: Field, bindings: Iterable[Named], *, only_here: bool = False) -> bool:
        """Count a field as swapped if it was sealed for one of some rows."""
        columns = [self._column] if only_here else [each for each in self._columns if each.table == self._column.table]
        judged = judge_elsewhere(self._keyring, columns, field, bindings)
        if judged is not None:
            self._note(field, judged)
        return judged is not None

    def _note(self, field: Field, judged: Judged) -> None:
        self._counts[judged.verdict] += 1
        if judged.verdict is FieldVerdict.UNKNOWN_KEY and isinstance(parts := split(field.value), Parts):
            self._strange[parts.key_id.hex()] += 1
        shown = self._offenders.setdefault(judged.verdict, [])
        if len(shown) < MOST_SHOWN:
            shown.append(Offender(self._named(field), judged.verdict, judged.detail))

    def _named(self, field: Field) -> str:
        key = self._column.primary_key
        return key_text(dict(zip(key, field.row, strict=True)), key)

    def _shares(self) -> Iterator[KeyShare]:
        known = {
            key_id.hex(): (number, self._keyring.record(Purpose.DATA, key_id))
            for key_id, number in self._reader.opened.items()
        }
        shares = [KeyShare(name, number, record.state if record else None) for name, (number, record) in known.items()]
        shares += [KeyShare(name, number) for name, number in self._strange.items()]
        yield from sorted((each for each in shares if each.fields), key=lambda each: (-each.fields, each.id))

    def _unsure(self) -> str:
        if not self._untried:
            return ""
        return f"{self._untried} altered fields were not tried in the places of all other rows; some may be swapped"
