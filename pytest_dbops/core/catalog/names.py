"""How objects are named to people and to the database."""

from __future__ import annotations

import json
import re

DEFAULT_SCHEMAS = frozenset({"", "public", "main"})
"""Schemas that are left out where an object is shown: PostgreSQL's and SQLite's own default."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")

_RESERVED_WORDS = """
abort add all alter analyse analyze and any array as asc asymmetric attach authorization autoincrement
before begin between binary both by cascade case cast check collate collation column commit
concurrently conflict constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user database default deferrable deferred
delete desc detach distinct do drop each else end escape except exclusive exists explain fail false
fetch for foreign freeze from full glob grant group having if ignore ilike in index indexed
initially inner insert instead intersect into is isnull join key lateral leading left like limit
localtime localtimestamp match natural no not nothing notnull null of offset on only or order outer overlaps
placing plan pragma primary query raise recursive references regexp reindex release rename replace
restrict returning right rollback row savepoint select session_user set similar some symmetric
system_user table tablesample temp temporary then to trailing transaction trigger true union unique
update user using vacuum values variadic verbose view virtual when where window with without
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def quote_identifier(name: str) -> str:
    """Return a name as SQL writes it: in double quotes where it needs them."""
    if _PLAIN.match(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def display_name(schema: str, name: str) -> str:
    """Return a name for people: with its schema unless that is the default one."""
    return name if schema in DEFAULT_SCHEMAS else f"{schema}.{name}"


def quoted_name(schema: str, name: str) -> str:
    """Return a name for SQL: quoted where needed, with its schema unless that is the default one."""
    if schema in DEFAULT_SCHEMAS:
        return quote_identifier(name)
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"


def label(schema: str, name: str) -> str:
    """Return a name that is unique in a catalog and still reads well: quoted only where it is odd."""
    if schema in DEFAULT_SCHEMAS:
        return _unless_odd(name)
    return f"{_unless_odd(schema)}.{_unless_odd(name)}"


def _unless_odd(name: str) -> str:
    return name if name.replace("_", "a").isalnum() else json.dumps(name, ensure_ascii=False)
