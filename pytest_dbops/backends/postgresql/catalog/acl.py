"""Access lists as PostgreSQL stores them, turned into privileges told apart from the defaults."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pytest_dbops.core.catalog.privileges import PUBLIC, Grant, Privileges

# PostgreSQL manual, "Privileges": abbreviations of an access list.
_NAMES = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "X": "EXECUTE",
    "U": "USAGE",
    "C": "CREATE",
    "c": "CONNECT",
    "T": "TEMPORARY",
    "m": "MAINTAIN",
    "s": "SET",
    "A": "ALTER SYSTEM",
}

# What an object's owner has, and what PUBLIC has, as long as nobody granted or revoked anything.
_OWNER_DEFAULTS = {
    "table": "arwdDxt",
    "column": "",
    "sequence": "rwU",
    "database": "CTc",
    "routine": "X",
    "language": "U",
    "schema": "UC",
    "type": "U",
    "foreign data wrapper": "U",
    "foreign server": "U",
}
_PUBLIC_DEFAULTS = {"database": "Tc", "routine": "X", "language": "U", "type": "U"}

_ITEM = re.compile(r'(?P<grantee>"(?:[^"]|"")*"|[^=]*)=(?P<privileges>[a-zA-Z*]*)/(?P<grantor>.*)\Z', re.DOTALL)


@lru_cache(maxsize=4096)
def _read_list(items: tuple[str, ...], kind: str, owner: str, default_owner: frozenset[str]) -> Privileges:
    grants = list(parse_access_list(items, owner))
    kept = {grant.privilege for grant in grants if grant.grantee == owner}
    others = tuple(sorted(grant for grant in grants if grant.grantee != owner))
    lacks = tuple(sorted(default_owner - kept))
    is_default = not lacks and others == _default(kind).grants
    return Privileges(grants=others, owner_lacks=lacks, is_default=is_default)


@lru_cache(maxsize=32)
def _default(kind: str) -> Privileges:
    letters = _PUBLIC_DEFAULTS.get(kind, "")
    return Privileges(grants=tuple(sorted(Grant(PUBLIC, _NAMES[letter]) for letter in letters)))


@lru_cache(maxsize=64)
def _owner_default(kind: str, major: int) -> frozenset[str]:
    letters = _OWNER_DEFAULTS[kind] + ("m" if kind == "table" and major >= 17 else "")
    return frozenset(_NAMES[letter] for letter in letters)


def read_privileges(items: Sequence[str] | None, kind: str, owner: str, major: int) -> Privileges:
    """Return the privileges on one object of a kind; no list stands for the kind's defaults."""
    if items is None:
        return _default(kind)
    return _read_list(tuple(items), kind, owner, _owner_default(kind, major))


def parse_access_list(items: Sequence[str], owner: str) -> list[Grant]:
    """Return the grants of an access list, the owner's own included; the owner as grantor is left empty."""
    grants = []
    for item in items:
        match = _ITEM.match(item)
        if match is None:
            raise ValueError(f"access list entry {item!r} is not of the form role=privileges/grantor")
        grantee = _unquote(match["grantee"]) or PUBLIC
        grantor = _unquote(match["grantor"])
        grants += [
            Grant(grantee, _NAMES.get(letter, letter), star == "*", "" if grantor == owner else grantor)
            for letter, star in re.findall(r"([a-zA-Z])(\*?)", match["privileges"])
        ]
    return grants


def _unquote(name: str) -> str:
    if name.startswith('"') and name.endswith('"'):
        return name[1:-1].replace('""', '"')
    return name
