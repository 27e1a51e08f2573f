"""What a column can hold, compared across spellings: domains, lengths, SQLite's affinities."""

from __future__ import annotations

import re

from pytest_dbops.core.catalog import Catalog, Column, TypeKind
from pytest_dbops.core.frozen import frozen

_TEXT = frozenset({"text", "character varying"})
_INTEGER_BITS = {"smallint": 16, "integer": 32, "bigint": 64}
_MODIFIER = re.compile(r"\(([0-9, ]+)\)")
_BOUNDLESS = 1 << 62


@frozen
class Shape:
    """A type reduced to what decides whether two columns can hold the same values.

    family: types of one family compare without a cast and hold the same kind of value.
    size: how much of it: bits of an integer, characters of a text; 0 where size is no question.
    spelling: how the schema writes it, for messages.
    """

    family: str
    size: int
    spelling: str


def shape_of(catalog: Catalog, column: Column) -> Shape:
    """Return the shape of a column; a domain counts as what it is made of."""
    if catalog.dialect == "sqlite":
        return Shape(_sqlite_family(column.type), 0, column.type or "no type")
    type_text = base_type(catalog, column.type)
    name, array = _name_and_array(type_text)
    if name in _INTEGER_BITS:
        return Shape("integer" + array, _INTEGER_BITS[name], column.type)
    if name in _TEXT or name == "character":
        family = "text" if name in _TEXT else name
        return Shape(family + array, _length(type_text), column.type)
    modifier = _MODIFIER.search(type_text) if name == "numeric" else None
    return Shape(f"{name}{modifier.group() if modifier else ''}{array}", 0, column.type)


def base_type(catalog: Catalog, type_text: str) -> str:
    """Return what a domain is made of, through domains over domains; any other type as it is."""
    if not _is_user_made(type_text):
        return type_text
    domains = {kind.display: kind for kind in catalog.types if kind.kind is TypeKind.DOMAIN}
    for _ in range(len(domains) + 1):
        domain = domains.get(type_text) or domains.get(type_text.removeprefix("public."))
        if domain is None:
            break
        type_text = domain.base
    return type_text


def is_domain_with_check(catalog: Catalog, type_text: str) -> bool:
    """Tell whether a type is a domain that keeps a CHECK of its own."""
    names = {type_text, type_text.removeprefix("public.")}
    return _is_user_made(type_text) and any(kind.display in names and kind.check_constraints for kind in catalog.types)


def sqlite_affinity(declared: str) -> str:
    """Return the affinity SQLite gives a declared type (datatype3.html, section 3.1)."""
    text = declared.upper()
    for affinity, words in (("INTEGER", ("INT",)), ("TEXT", ("CHAR", "CLOB", "TEXT")), ("BLOB", ("BLOB",))):
        if any(word in text for word in words):
            return affinity
    if not text or text == "ANY":
        return "BLOB"
    return "REAL" if any(word in text for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def _is_user_made(type_text: str) -> bool:
    """Tell whether a type has a schema in its name, which the server's own have not."""
    return "." in type_text


def _sqlite_family(declared: str) -> str:
    """Return one family for all numbers: SQLite compares them by value, whatever their affinity."""
    affinity = sqlite_affinity(declared)
    return affinity if affinity in ("TEXT", "BLOB") else "number"


def _name_and_array(type_text: str) -> tuple[str, str]:
    array = "[]" if type_text.endswith("[]") else ""
    return _MODIFIER.sub("", type_text).replace("[]", "").strip(), array


def _length(type_text: str) -> int:
    modifier = _MODIFIER.search(type_text)
    return int(modifier.group(1)) if modifier else _BOUNDLESS
