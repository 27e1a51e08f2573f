"""What of a difference between two schemas is drift: what both should say, and no rule leaves alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from pytest_dbops.core.catalog.difference import CatalogDiff, Change, Difference
from pytest_dbops.core.catalog.facts import Facet
from pytest_dbops.core.catalog.snapshot import Catalog
from pytest_dbops.core.frozen import frozen

_FACETS = frozenset({Facet.STRUCTURE, Facet.STATE, Facet.COMMENT})
_AROUND = "database"
_OF_MODELS = frozenset({"table", "enum", "sequence"})
_NOT_OF_MODELS = frozenset({"trigger", "policy", "rule", "grant"})
_NOW = frozenset({"now()", "current_timestamp", "transaction_timestamp()"})
"""PostgreSQL's words for when the transaction began: equal in value and type (manual, 9.9.5)."""
_SECURITY = frozenset({"row_security", "forced_row_security", "row security", "forced row security"})


@frozen
class Drift:
    """The differences of one object: `renamed` are parts that are the same but for their names."""

    subject: str
    difference: CatalogDiff
    renamed: CatalogDiff


@frozen
class Drifts:
    """All objects that drifted, in the order of the canonical text."""

    objects: tuple[Drift, ...] = ()


def drift(difference: CatalogDiff, ignored: Sequence[str]) -> Drifts:
    """Return what differs in structure, state and comments, object by object.

    Owners, grants, storage, settings, the order of columns and the database around are each installation's own.
    ignored: patterns of objects, or of `OBJECT PART`, with `*` and `?` as in file names.
    """
    kept = [
        item
        for item in difference.differences
        if item.facet in _FACETS and item.subject != _AROUND and not _is_ignored(item, ignored)
    ]
    found = []
    for subject in dict.fromkeys(item.subject for item in kept):
        real, renamed = _apart([item for item in kept if item.subject == subject])
        found.append(Drift(named(subject), CatalogDiff(tuple(real)), CatalogDiff(tuple(renamed))))
    return Drifts(tuple(found))


def said_by_models(difference: CatalogDiff) -> CatalogDiff:
    """Return the differences of what a SQLAlchemy MetaData describes: tables, their columns, rules and indexes."""
    return CatalogDiff(
        tuple(
            item
            for item in difference.differences
            if item.subject.partition(" ")[0] in _OF_MODELS
            and item.part.partition(" ")[0] not in _NOT_OF_MODELS
            and item.attribute not in _SECURITY
            and not _is_now_in_other_words(item)
        )
    )


def freshly_made(catalog: Catalog) -> Catalog:
    """Return of a catalog what every new database has, before anything is put in: PostgreSQL's `public`, `plpgsql`."""
    return replace(
        Catalog(catalog.dialect, catalog.server_version),
        schemas=tuple(each for each in catalog.schemas if each.name == "public"),
        extensions=tuple(each for each in catalog.extensions if each.name == "plpgsql"),
    )


def without_tables(catalog: Catalog, names: Collection[tuple[str, str]]) -> Catalog:
    """Return the catalog without these tables, given as (schema, name); an empty schema is any."""
    kept = tuple(each for each in catalog.tables if not {(each.schema, each.name), ("", each.name)} & {*names})
    return replace(catalog, tables=kept)


def without_what_comes_along(catalog: Catalog) -> Catalog:
    """Return the catalog without what is told elsewhere or made as time goes on.

    That is a sequence behind a column, whose default names it, and the partitions of a table.
    """
    tables = tuple(each for each in catalog.tables if not each.partition_bound)
    return replace(catalog, tables=tables, sequences=tuple(each for each in catalog.sequences if not each.owned_by))


def named(subject: str) -> str:
    """Return an object as a waiver names it: a table without the word."""
    return subject.removeprefix("table ")


def _is_now_in_other_words(item: Difference) -> bool:
    return item.attribute == "default" and {(item.old or "").lower(), (item.new or "").lower()} <= _NOW


def _is_ignored(item: Difference, patterns: Iterable[str]) -> bool:
    names = {named(item.subject), item.subject, f"{named(item.subject)} {item.part}"}
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _apart(items: list[Difference]) -> tuple[list[Difference], list[Difference]]:
    """Return what differs, and the parts that came and went with the same facts under another name."""
    gone = [item for item in items if item.part and item.is_whole and item.change is Change.REMOVED]
    renamed: list[Difference] = []
    for item in items:
        if not (item.part and item.is_whole and item.change is Change.ADDED):
            continue
        twin = next((each for each in gone if each.old == item.new and _kind(each) == _kind(item)), None)
        if twin is not None and _kind(item) != "column":
            gone.remove(twin)
            renamed += [twin, item]
    renamed += [item for item in items if item.attribute == "name"]
    return [item for item in items if item not in renamed], renamed


def _kind(item: Difference) -> str:
    return item.part.partition(" ")[0]
