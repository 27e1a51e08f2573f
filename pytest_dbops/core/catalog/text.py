"""A catalog as text for people and for version control: one block an object, always in one order."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog.describe import describe
from pytest_dbops.core.catalog.facts import Attribute, Entry
from pytest_dbops.core.catalog.snapshot import Catalog


def canonical_text(catalog: Catalog) -> str:
    """Return the whole catalog as text that ends with a newline.

    Objects come by kind and name, their parts by kind and name, an attribute at its default not at
    all; so a change of the schema is a small change of the text.
    """
    return "\n".join("\n".join(_block(entry)) + "\n" for entry in describe(catalog))


def _block(entry: Entry) -> Iterator[str]:
    yield entry.subject
    for fact in entry.attributes:
        yield from _lines(fact)
    for part in entry.parts:
        yield f"  {part.name}: {part.text}" if part.attributes else f"  {part.name}"


def _lines(fact: Attribute) -> Iterator[str]:
    lines = fact.value.splitlines()
    if fact.value == "yes":
        yield f"  {fact.name}"
    elif len(lines) <= 1:
        yield f"  {fact.name}: {fact.value}"
    else:
        yield f"  {fact.name}:"
        yield from (f"    | {line}".rstrip() for line in lines)
