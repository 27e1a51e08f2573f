"""The number that two catalogs share when they mean the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_dbops.core.catalog.describe import describe
from pytest_dbops.core.catalog.facts import MEANING, Attribute, Entry, Facet

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.snapshot import Catalog

_FORMAT = "catalog 1"
_as_json = json.JSONEncoder(check_circular=False).encode


def fingerprint_of(catalog: Catalog, facets: Collection[Facet] = MEANING) -> str:
    """Return the SHA-256 of a catalog's facts as 64 hex digits, of all meaning or of some facets only.

    Independent of the order in which objects were made, of oids, statistics and column order. Compare
    only fingerprints made by one version of this project, of one product; between two PostgreSQL
    majors the server's own wording of expressions may differ.
    """
    kept = frozenset(facets)
    digest = hashlib.sha256(_FORMAT.encode())
    for facts in sorted(_facts(entry, kept) for entry in describe(catalog)):
        digest.update(facts.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _facts(entry: Entry, kept: frozenset[Facet]) -> str:
    parts = [
        [part.name, _pairs(part.attributes, kept)]
        for part in sorted(entry.parts, key=attrgetter("name"))
        if part.facet in kept
    ]
    return _as_json([entry.subject, entry.facet in kept, _pairs(entry.attributes, kept), parts])


def _pairs(facts: Iterable[Attribute], kept: frozenset[Facet]) -> list[list[str]]:
    return [[fact.name, fact.value] for fact in facts if fact.facet in kept]
