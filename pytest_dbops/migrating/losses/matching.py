"""Find each row again: by its key, or by what it has in common with one that came instead of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.losses.contents import Cells, TableContents


@frozen
class Pair:
    """One row before and after, in the columns that both have; ``key`` is how it is known."""

    columns: tuple[str, ...]
    key: Mapping[str, str | None]
    old: Cells
    new: Cells

    def before(self, column: str) -> str | None:
        """Return the value before."""
        return self.old[self.columns.index(column)]

    def after(self, column: str) -> str | None:
        """Return the value after; the one before where it is the same number in another spelling."""
        old, new = self.before(column), self.new[self.columns.index(column)]
        return old if _is_same_number(old, new) else new


def match(old: TableContents, new: TableContents) -> tuple[list[Pair], list[Cells], list[Cells]]:
    """Return rows found again, rows lost (as they were) and rows gained (as they are)."""
    common = tuple(name for name in old.columns if name in new.columns)
    key = old.key if old.key and set(old.key) <= set(common) else ()
    before, after = _cut(old, common), _cut(new, common)
    if key:
        return _by_key(old, common, key, before, after)
    return _by_whole(old, common, before, after)


def _cut(contents: TableContents, common: Sequence[str]) -> list[Cells]:
    places = [contents.columns.index(name) for name in common]
    return [tuple(row[place] for place in places) for row in contents.rows]


def _by_key(
    old: TableContents, common: tuple[str, ...], key: tuple[str, ...], before: list[Cells], after: list[Cells]
) -> tuple[list[Pair], list[Cells], list[Cells]]:
    places = [common.index(name) for name in key]
    found = {_normal(row, places): row for row in after}
    pairs, lost = [], []
    for row, whole in zip(before, old.rows, strict=True):
        other = found.pop(_normal(row, places), None)
        if other is None:
            lost.append(whole)
        else:
            pairs.append(Pair(common, {name: row[place] for name, place in zip(key, places, strict=True)}, row, other))
    return pairs, lost, list(found.values())


def _normal(row: Cells, places: Sequence[int]) -> tuple[str | Decimal | None, ...]:
    return tuple(number if (number := _number(row[place])) is not None else row[place] for place in places)


def _by_whole(
    old: TableContents, common: tuple[str, ...], before: list[Cells], after: list[Cells]
) -> tuple[list[Pair], list[Cells], list[Cells]]:
    """Match whole rows; what is left over is matched by the columns whose values are the same taken together."""
    rest_after = Counter(after)
    lost: list[Cells] = []
    for row in before:
        if rest_after[row]:
            rest_after[row] -= 1
        else:
            lost.append(row)
    gained = list(rest_after.elements())
    same = [place for place in range(len(common)) if _values(lost, place) == _values(gained, place)]
    if not lost or len(lost) != len(gained) or not same:
        return [], lost, gained
    by_same: dict[Cells, list[Cells]] = {}
    for row in gained:
        by_same.setdefault(tuple(row[place] for place in same), []).append(row)
    pairs = []
    for row in lost:
        others = by_same.get(tuple(row[place] for place in same))
        if not others:
            return [], lost, gained
        pairs.append(Pair(common, {}, row, others.pop(0)))
    return pairs, [], []


def _values(rows: Sequence[Cells], place: int) -> Counter[str | None]:
    return Counter(row[place] for row in rows)


def _is_same_number(old: str | None, new: str | None) -> bool:
    if old is None or new is None or old == new:
        return False
    first, second = _number(old), _number(new)
    # 1 and 1.0 are one value to both products; '1' as text of SQLite is quoted and no number.
    return first is not None and first == second


def _number(text: str | None) -> Decimal | None:
    if text is None or not (text[:1].isdigit() or text[:1] in "-.") or text[:1] == "'":
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
