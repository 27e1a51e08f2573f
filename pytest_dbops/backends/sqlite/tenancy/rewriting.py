"""Statements that see own rows only: each table of tenants they name is shadowed by a WITH of the same name.

`SELECT * FROM invoice` becomes `WITH "invoice" AS (SELECT * FROM main."invoice" WHERE ...) SELECT * FROM invoice`. In
an INSERT, UPDATE or DELETE each query inside gets such a WITH: the statement must begin with its own word, by which the
driver knows that it writes. What is written is the table itself, which its triggers guard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from pytest_dbops.backends.sql_text import SQLITE, Kind, Token, tokens
from pytest_dbops.backends.sqlite.tenancy.shapes import GuardedSchema, GuardedTable, names_of
from pytest_dbops.backends.sqlite.tenancy.triggers import PREFIX, TENANT, sure
from pytest_dbops.core.errors import PolicyRefused

_SCHEMAS = ("main", "temp")
_WRITING = ("INSERT", "UPDATE", "DELETE")
_READING = ("SELECT", "VALUES", *_WRITING)
_HARMLESS = ("PRAGMA", "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ANALYZE", "VACUUM", "REINDEX")


def guarded_statement(sql: str, schema: GuardedSchema, *, left_out: frozenset[str] = frozenset()) -> str:
    """Return a statement that sees own rows only; raises PolicyRefused for one that cannot be made to.

    left_out: tables and views in lower case that are read as they are.
    """
    named = names_of(sql) - left_out
    guarded = named & (schema.tables.keys() | schema.views.keys())
    words = _loud(sql)
    verb = next((token.text.upper() for token in words if token.kind is Kind.WORD), "")
    if verb in ("ATTACH", "DETACH"):
        raise PolicyRefused(f"{verb} is refused on a connection that guards tenants: another name would pass by it")
    if any(name.startswith(PREFIX) for name in named):
        raise PolicyRefused(f"names that begin with {PREFIX!r} are the guard's own; use others")
    if not guarded or verb in _HARMLESS:
        return sql
    _refuse_unguardable(words, guarded, verb)
    virtual = sorted(key for key in guarded & schema.tables.keys() if schema.tables[key].is_virtual)
    if virtual and any(token.text.upper() in _WRITING for token in words):
        raise PolicyRefused(f"virtual table {virtual[0]!r} takes no triggers that would guard it (lift the guard)")
    return _shadowed(sql, words, schema, guarded, left_out)


def _refuse_unguardable(words: Sequence[Token], guarded: frozenset[str], verb: str) -> None:
    table = min(guarded)
    for before, dot, after in zip(words, words[1:], words[2:], strict=False):
        if dot.text == "." and _name(before) in _SCHEMAS and _name(after) in guarded:
            raise PolicyRefused(
                f"{before.text}.{after.text} would pass by the guard of tenants; leave {before.text!r} out"
            )
    said = [token.text.upper() for token in words]
    if verb == "REPLACE" or any(pair == ("OR", "REPLACE") for pair in pairwise(said)):
        raise PolicyRefused(
            f"REPLACE into {table!r} may remove a row of another tenant unseen; use ON CONFLICT DO UPDATE"
        )
    if verb not in (*_READING, "WITH", "EXPLAIN"):
        raise PolicyRefused(
            f"{verb} of {table!r}, which tenants share, is refused while it is guarded (lift the guard)"
        )


def _shadowed(
    sql: str, words: Sequence[Token], schema: GuardedSchema, guarded: frozenset[str], left_out: frozenset[str]
) -> str:
    shadows = ", ".join(_shadows(schema, guarded, left_out))
    start = next(token for token in words if token.text.upper() in (*_READING, "WITH"))
    writes = start.text.upper() in _WRITING
    if writes:
        _refuse_reading_beside(words, guarded)
    queries = list(_queries(words)) if writes else [start]
    for query in reversed(queries):
        sql = _with_shadows(sql, words, query, shadows)
    return sql


def _with_shadows(sql: str, words: Sequence[Token], start: Token, shadows: str) -> str:
    if start.text.upper() != "WITH":
        return f"{sql[: start.start]}WITH {shadows} {sql[start.start :]}"
    following = next(token for token in words if token.start >= start.end)
    end = following.end if following.text.upper() == "RECURSIVE" else start.end
    return f"{sql[:end]} {shadows},{sql[end:]}"


def _queries(words: Sequence[Token]) -> Iterator[Token]:
    """Yield the first word of each query inside a statement that writes; what is inside a query it covers."""
    depth, covered = 0, None
    for place, token in enumerate(words):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
            if covered is not None and depth < covered:
                covered = None
        elif token.kind is Kind.WORD:
            word = token.text.upper()
            ends = word == "RETURNING" or (word == "ON" and words[place + 1].text.upper() == "CONFLICT")
            if ends and depth == covered:
                covered = None
            if covered is None and word in ("SELECT", "WITH"):
                covered = depth
                yield token


def _refuse_reading_beside(words: Sequence[Token], guarded: frozenset[str]) -> None:
    """Refuse what reads a table without a query: UPDATE ... FROM, and IN with the bare name of a table."""
    is_update = words[0].text.upper() == "UPDATE"
    depth = 0
    for token, following in pairwise(words):
        depth += (token.text == "(") - (token.text == ")")
        word = token.text.upper() if token.kind is Kind.WORD else ""
        if word == "IN" and _name(following) in guarded:
            raise PolicyRefused(f"IN {following.text} would read past the guard of tenants; write IN (SELECT ...)")
        if is_update and word == "FROM" and not depth:
            raise PolicyRefused("UPDATE ... FROM would read past the guard of tenants; write SET ... = (SELECT ...)")


def _shadows(schema: GuardedSchema, guarded: frozenset[str], left_out: frozenset[str]) -> list[str]:
    """Return the parts of a WITH: the tables that are named, or read by a view that is, then those views in order."""
    needed, views = set(guarded), []
    for key in reversed(tuple(schema.views)):
        if key in needed:
            views.append(key)
            needed |= schema.views[key].names & (schema.views.keys() | schema.tables.keys())
    found = [_of_table(table) for key, table in schema.tables.items() if key in needed - left_out]
    for key in reversed(views):
        view = schema.views[key]
        found.append(f"{sure(view.name)}{view.columns} AS ({view.query})")
    return found


def _of_table(table: GuardedTable) -> str:
    column = sure(table.column)
    own = f"{column} = {TENANT}()" + (f" OR {column} IS NULL" if table.is_shared else "")
    return f"{sure(table.name)} AS (SELECT * FROM main.{sure(table.name)} WHERE {own})"  # noqa: S608  # quoted names


@lru_cache(maxsize=512)
def _loud(sql: str) -> tuple[Token, ...]:
    return tuple(token for token in tokens(sql, SQLITE) if token.kind not in (Kind.SPACE, Kind.COMMENT))


def _name(token: Token) -> str:
    text = token.text
    return (text[1:-1] if token.kind in (Kind.QUOTED, Kind.STRING) else text).lower()
