"""A small lexer: enough of SQL to find words, strings, comments, parameters and the end of a statement.

It is a courtesy to users, never the protection: what it lets through is still held by the database.
So where it cannot tell, it refuses.
Source: PostgreSQL manual, "Lexical Structure"; SQLite, "SQL As Understood By SQLite", tokenize.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache
from itertools import pairwise

from pytest_dbops.core.errors import CannotJudge, NotReadable


class Kind(Enum):
    """What a token is."""

    SPACE = auto()
    COMMENT = auto()
    STRING = auto()
    QUOTED = auto()
    WORD = auto()
    NUMBER = auto()
    PARAMETER = auto()
    SEMICOLON = auto()
    SYMBOL = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a text; `text` as written, `end` is the offset behind it."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset of the first character behind the token."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, taken apart.

    text: as written, up to its last token (no semicolon, no trailing comment); line numbers stay true.
    words: all words in capitals, in order, the first one first; quoted names and strings are no words.
    parameters: names written `:name`, each once, in order.
    calls: names that stand before an opening parenthesis, folded as the product folds names.
    tokens: everything up to the last token.
    """

    text: str
    words: tuple[str, ...]
    parameters: tuple[str, ...]
    calls: frozenset[str]
    tokens: tuple[Token, ...]

    @property
    def keyword(self) -> str:
        """The first word in capitals, behind any opening parentheses; empty if something else comes first."""
        for token in self.tokens:
            if token.kind is Kind.WORD:
                return token.text.upper()
            if token.kind not in _SILENT and token.text != "(":
                break
        return ""


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one product writes tokens: a pattern, compiled when first used, and what finds the end of a comment."""

    name: str
    token: str
    end_of_comment: Callable[[str, int], int]


def read_statement(sql: str, grammar: Grammar) -> Statement:
    """Return the one statement in `sql`; raises NotReadable when there is none, or a second one."""
    return _read_statement(sql, grammar.name)


def require_values(statement: Statement, values: Mapping[str, object] | None) -> dict[str, object]:
    """Return the values of the statement's parameters by name; raises CannotJudge when one is missing."""
    given = values or {}
    missing = [name for name in statement.parameters if name not in given]
    if missing:
        raise CannotJudge(f"parameter ':{missing[0]}' has no value (given: {', '.join(sorted(given)) or 'none'})")
    return {name: given[name] for name in statement.parameters}


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Return column names without repeats, so that no value is lost: a second `id` becomes `id_2`."""
    taken, seen, unique = set(names), set[str](), []
    for name in names:
        candidate, count = name, 1
        while candidate in seen or (count > 1 and candidate in taken):
            count += 1
            candidate = f"{name}_{count}"
        seen.add(candidate)
        unique.append(candidate)
    return tuple(unique)


def tokens(sql: str, grammar: Grammar) -> Iterator[Token]:
    """Yield every token of `sql`; their texts joined are `sql` again. Raises NotReadable for an open string."""
    at, match = 0, _compiled(grammar.token).match
    while at < len(sql):
        found = match(sql, at)
        assert found is not None  # the last alternative takes any one character
        kind, text = Kind[found.lastgroup or "SYMBOL"], found[0]
        if kind is Kind.COMMENT and text == "/*":
            text = sql[at : grammar.end_of_comment(sql, at)]
        elif text in _OPENINGS:
            raise NotReadable(f"the {_OPENINGS[text]} opened in line {line_of(sql, at)} is never closed")
        yield Token(kind, text, at)
        at += len(text)


def line_of(sql: str, offset: int) -> int:
    """Return the 1-based line of an offset."""
    return sql.count("\n", 0, offset) + 1


@lru_cache(maxsize=512)
def _read_statement(sql: str, grammar_name: str) -> Statement:
    if "\0" in sql:
        raise NotReadable("the text holds a NUL character, behind which drivers read nothing")
    found = list(tokens(sql, GRAMMARS[grammar_name]))
    loud = [token for token in found if token.kind not in _SILENT]
    while loud and loud[-1].kind is Kind.SEMICOLON:
        loud.pop()
    if not loud:
        raise NotReadable("there is no statement in the text")
    second = next((token for token in loud if token.kind is Kind.SEMICOLON), None)
    if second is not None:
        line = line_of(sql, second.start)
        raise NotReadable(f"a second statement follows the semicolon in line {line}; a call takes one statement")
    end = loud[-1].end
    return Statement(
        text=sql[:end],
        words=tuple(token.text.upper() for token in loud if token.kind is Kind.WORD),
        parameters=tuple(dict.fromkeys(token.text[1:] for token in loud if token.kind is Kind.PARAMETER)),
        calls=frozenset(_calls(loud)),
        tokens=tuple(token for token in found if token.end <= end),
    )


def _calls(loud: list[Token]) -> Iterator[str]:
    for token, following in pairwise(loud):
        if following.text == "(":
            if token.kind is Kind.WORD:
                yield token.text.lower()
            elif token.kind is Kind.QUOTED:
                yield token.text[1:-1].replace('""', '"')


def _end_of_nested_comment(sql: str, start: int) -> int:
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    raise NotReadable(f"the comment opened in line {line_of(sql, start)} is never closed")


def _end_of_flat_comment(sql: str, start: int) -> int:
    end = sql.find("*/", start + 2)
    return len(sql) if end < 0 else end + 2


@cache  # a run needs one product's, and to compile one takes a hundredth of a second
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


def _pattern(*, strings: str, quoted: str, word: str, parameter: str) -> str:
    return rf"""
          (?P<SPACE>[ \t\n\r\f\v]+)
        | (?P<COMMENT>--[^\r\n]* | /\*)
        | (?P<STRING>{strings})
        | (?P<QUOTED>{quoted})
        | (?P<WORD>{word})
        | (?P<NUMBER>[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?)
        | (?P<PARAMETER>{parameter})
        | (?P<SEMICOLON>;)
        | (?P<SYMBOL>::|:=|.)
        """


# What follows a word, a closing bracket or a colon is a slice or a cast, not a parameter.
_NAMED = r"(?<![\w:\])]):[A-Za-z_][A-Za-z0-9_]*"
# Letters, the underline and everything beyond ASCII; with digits; with digits and the dollar sign. Written as what of
# ASCII they are not: a class that names a million characters takes re 10 ms to compile.
_FIRST = r"[^\x00-@\[-\^`{-\x7f]"
_TAGGED = r"[^\x00-/:-@\[-\^`{-\x7f]"
_LATER = r"[^\x00-#%-/:-@\[-\^`{-\x7f]"
_WORD = rf"{_FIRST}{_LATER}*"

POSTGRESQL = Grammar(
    "postgresql",
    _pattern(
        strings=r"[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*' | (?:[uU]&|[bBxXnN])?'[^']*(?:''[^']*)*'"
        rf" | \$(?P<tag>(?:{_FIRST}{_TAGGED}*)?)\$.*?\$(?P=tag)\$",
        quoted=r'(?:[uU]&)?"[^"]*(?:""[^"]*)*"',
        word=_WORD,
        parameter=_NAMED,
    ),
    _end_of_nested_comment,
)
SQLITE = Grammar(
    "sqlite",
    _pattern(
        strings=r"[xX]?'[^']*(?:''[^']*)*'",
        quoted=r'"[^"]*(?:""[^"]*)*" | \[[^\]]*\] | `[^`]*(?:``[^`]*)*`',
        word=_WORD,
        parameter=_NAMED,
    ),
    _end_of_flat_comment,
)
GRAMMARS = {grammar.name: grammar for grammar in (POSTGRESQL, SQLITE)}

_SILENT = (Kind.SPACE, Kind.COMMENT)
_OPENINGS = {"'": "string", '"': "quoted name", "`": "quoted name"}
