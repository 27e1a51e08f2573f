"""What changed between two catalogs, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

from pytest_dbops.core.catalog.describe import describe
from pytest_dbops.core.catalog.facts import MEANING, Attribute, Entry, Facet, one_line
from pytest_dbops.core.catalog.snapshot import Catalog
from pytest_dbops.core.frozen import frozen


class Change(StrEnum):
    """What happened to a thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@frozen
class Difference:
    """One change of one thing.

    ``subject`` is the object, ``part`` what belongs to it (empty: the object itself), ``attribute``
    which of its facts (empty: the whole thing came or went). ``old`` and ``new`` are the values, or
    for a whole thing its facts in one line; ``None`` where there was or is none.
    """

    subject: str
    part: str
    attribute: str
    change: Change
    old: str | None
    new: str | None
    facet: Facet

    @property
    def is_whole(self) -> bool:
        """Tell whether a whole object or part came or went, rather than one of its facts changed."""
        return not self.attribute and self.change is not Change.CHANGED

    @property
    def is_meaning(self) -> bool:
        """Tell whether the two fingerprints differ because of it."""
        return self.facet in MEANING


@frozen
class CatalogDiff:
    """All differences, object by object in the order of the canonical text."""

    differences: tuple[Difference, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all differs, not even column order."""
        return not self.differences

    @property
    def same_meaning(self) -> bool:
        """Tell whether the catalogs have one fingerprint: only column order or the locale may differ."""
        return not any(difference.is_meaning for difference in self.differences)

    def only(self, facets: Collection[Facet]) -> CatalogDiff:
        """Return the differences of some facets."""
        return CatalogDiff(tuple(item for item in self.differences if item.facet in facets))

    def without(self, facets: Collection[Facet]) -> CatalogDiff:
        """Return the differences of all other facets."""
        return CatalogDiff(tuple(item for item in self.differences if item.facet not in facets))

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return the objects that differ, each once, in order."""
        return tuple(dict.fromkeys(item.subject for item in self.differences))

    @property
    def summary(self) -> str:
        """Return one line: ``3 objects differ: 1 added, 2 changed``."""
        from pytest_dbops.core.catalog.render import summarize

        return summarize(self)

    def render(self, *, limit: int = 200) -> str:
        """Return the differences as text for people, of at most about ``limit`` lines."""
        from pytest_dbops.core.catalog.render import render_diff

        return render_diff(self, limit=limit)

    def as_data(self) -> list[dict[str, str | None]]:
        """Return the differences for JSON, one flat record each."""
        return [
            {
                "subject": item.subject,
                "part": item.part,
                "attribute": item.attribute,
                "change": item.change.value,
                "old": item.old,
                "new": item.new,
                "facet": item.facet.value,
            }
            for item in self.differences
        ]


_COLLECTIONS = (
    "schemas",
    "tables",
    "views",
    "sequences",
    "routines",
    "types",
    "extensions",
    "event_triggers",
    "default_privileges",
    "others",
)


def diff(before: Catalog, after: Catalog) -> CatalogDiff:
    """Return what changed from one catalog to another; both must be of one product.

    Equal objects cost next to nothing, so comparing after every step of a long walk is cheap.
    """
    old = {entry.subject: entry for entry in describe(_only_changed(before, after))}
    new = {entry.subject: entry for entry in describe(_only_changed(after, before))}
    found: list[Difference] = []
    for subject in _merged(list(old), list(new)):
        found += _compare_entries(old.get(subject), new.get(subject))
    return CatalogDiff(tuple(found))


def _only_changed(catalog: Catalog, other: Catalog) -> Catalog:
    """Return a catalog without what the other has in exactly the same form."""
    rest: dict[str, Any] = {}
    for name in _COLLECTIONS:
        mine, theirs = getattr(catalog, name), getattr(other, name)
        known = set(theirs) if mine != theirs else None
        rest[name] = tuple(item for item in mine if item not in known) if known is not None else ()
    return replace(catalog, **rest)


def _merged(old: list[str], new: list[str]) -> list[str]:
    """Return all names in one order: the new one's, with what is gone after its old neighbour."""
    result = list(new)
    known = set(new)
    place = 0
    for name in old:
        if name in known:
            place = result.index(name) + 1
        else:
            result.insert(place, name)
            place += 1
    return result


def _compare_entries(old: Entry | None, new: Entry | None) -> Iterator[Difference]:
    if old is None and new is not None:
        yield Difference(new.subject, "", "", Change.ADDED, None, _whole(new), new.facet)
    elif new is None and old is not None:
        yield Difference(old.subject, "", "", Change.REMOVED, _whole(old), None, old.facet)
    elif old is not None and new is not None:
        yield from _compare_attributes(old.subject, "", old.attributes, new.attributes)
        yield from _compare_parts(old, new)


def _whole(entry: Entry) -> str:
    """Return a whole object in one line: its parts counted when there are many, named when few."""
    facts = [fact for fact in entry.attributes if fact.facet not in (Facet.ORDER, Facet.OWNER)]
    words = [one_line(facts)] if facts else []
    counts = Counter(part.name.partition(" ")[0] for part in entry.parts)
    for kind, count in counts.items():
        words.append(_count(kind, count))
    return ", ".join(words)


def _count(kind: str, count: int) -> str:
    plural = {"index": "indexes", "foreign": "foreign keys", "primary": "primary keys", "policy": "policies"}
    singular = {"foreign": "foreign key", "primary": "primary key"}
    if count == 1:
        return f"1 {singular.get(kind, kind)}"
    return f"{count} {plural.get(kind, kind + 's')}"


def _compare_parts(old: Entry, new: Entry) -> Iterator[Difference]:
    before = {part.name: part for part in old.parts}
    after = {part.name: part for part in new.parts}
    for name in _merged(list(before), list(after)):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            yield Difference(new.subject, name, "", Change.ADDED, None, now.text, now.facet)
        elif now is None and was is not None:
            yield Difference(new.subject, name, "", Change.REMOVED, was.text, None, was.facet)
        elif was is not None and now is not None:
            yield from _compare_attributes(new.subject, name, was.attributes, now.attributes)


def _compare_attributes(
    subject: str, part: str, old: tuple[Attribute, ...], new: tuple[Attribute, ...]
) -> Iterator[Difference]:
    before = {fact.name: fact for fact in old}
    after = {fact.name: fact for fact in new}
    for name in _merged(list(before), list(after)):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            yield Difference(subject, part, name, Change.ADDED, None, now.value, now.facet)
        elif now is None and was is not None:
            yield Difference(subject, part, name, Change.REMOVED, was.value, None, was.facet)
        elif was is not None and now is not None and was != now and not _is_same_order(was, now):
            yield Difference(subject, part, name, Change.CHANGED, was.value, now.value, now.facet)


def _is_same_order(was: Attribute, now: Attribute) -> bool:
    """Tell whether it is about column order, and the columns that both have stand in one order."""
    if now.facet is not Facet.ORDER:
        return False
    old, new = was.value.split(", "), now.value.split(", ")
    return [name for name in old if name in new] == [name for name in new if name in old]
