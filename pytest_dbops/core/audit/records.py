"""What a trail records of itself: which entries lost what they held, and which months were removed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pytest_dbops.core.frozen import frozen

ERASE, EXPIRE = "ERASE", "EXPIRE"
"""Operations of entries that tell of the trail itself."""


@frozen
class Expired:
    """Entries of one month that were removed: the lowest and the highest id, and how many there were."""

    month: str
    first: int
    last: int
    entries: int

    def covers(self, number: int) -> bool:
        """Tell whether an entry is in the range."""
        return self.first <= number <= self.last


@frozen
class Records:
    """All that a trail records of itself."""

    erased: frozenset[int] = frozenset()
    expired: tuple[Expired, ...] = ()


def records_of(rows: Iterable[Mapping[str, object]]) -> Records:
    """Return what these entries (`operation`, `changed`) record; one that does not read records nothing."""
    erased: set[int] = set()
    expired: list[Expired] = []
    for row in rows:
        told = _parsed(row["changed"])
        if row["operation"] == ERASE:
            ids = told.get("entries")
            erased |= {each for each in ids if isinstance(each, int)} if isinstance(ids, list) else set()
        else:
            numbers = [each for name in ("first", "last", "entries") if isinstance(each := told.get(name), int)]
            if len(numbers) == 3:
                expired.append(Expired(str(told.get("month")), *numbers))
    return Records(frozenset(erased), tuple(expired))


def erased_json(ids: Iterable[int], reason: str) -> str:
    """Return what an entry holds that records an erasure."""
    return json.dumps({"entries": sorted(ids), "reason": reason}, ensure_ascii=False)


def expired_json(expired: Expired, reason: str) -> str:
    """Return what an entry holds that records the removal of a month."""
    told = {"month": expired.month, "first": expired.first, "last": expired.last, "entries": expired.entries}
    return json.dumps({**told, "reason": reason}, ensure_ascii=False)


def _parsed(text: object) -> Mapping[str, object]:
    try:
        told = json.loads(str(text))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def erasures_of(held: Iterable[tuple[int, str]], reason: str) -> tuple[dict[str, str], list[int]]:
    """Return what records the erasure of these entries (number, tenant), a text a tenant, and their numbers."""
    by_tenant: dict[str, list[int]] = {}
    for number, tenant in held:
        by_tenant.setdefault(tenant, []).append(number)
    told = {tenant: erased_json(own, reason) for tenant, own in by_tenant.items()}
    return told, [number for own in by_tenant.values() for number in own]
