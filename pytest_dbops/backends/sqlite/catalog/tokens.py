"""The words of SQLite's own CREATE texts: split, compared and written back in one spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

# SQLite documentation, "SQLite Keywords".
_KEYWORD_LIST = """
ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY
CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE
CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP
EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM
FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT
INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING
NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY
RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK
ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE
UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT TRUE FALSE
"""
KEYWORDS = frozenset(_KEYWORD_LIST.split())

# Spaces and comments belong to the token behind them, and are not given back to it (`*+`).
_TOKEN = re.compile(
    r"""
    (?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*+
    (?:
      (?P<blob>[xX]'[0-9a-fA-F]*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<operator>\|\||<<|>>|<=|>=|<>|!=|==|->>|->|.)
    | \Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)

_SPELLINGS = {"!=": "<>", "==": "="}
_STEPS = {"(": 1, ")": -1}
_TIGHT_AFTER = frozenset("(.")
_TIGHT_BEFORE = frozenset("),.;")


class Kind(Enum):
    """What sort of token it is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    BLOB = "blob"
    NUMBER = "number"
    OPERATOR = "operator"


_KINDS = {kind.value: kind for kind in Kind}


class Token(NamedTuple):
    """One token; ``text`` of a quoted name is the name itself, of all others what was written.

    upper: an unquoted word in capitals, and nothing for any other token.
    """

    kind: Kind
    text: str
    upper: str

    @property
    def is_name(self) -> bool:
        """Tell whether the token may name something; SQLite takes strings for names too."""
        return self.kind in (Kind.WORD, Kind.QUOTED, Kind.STRING)

    @property
    def name(self) -> str:
        """Return the token as a name."""
        return self.text[1:-1].replace("''", "'") if self.kind is Kind.STRING else self.text


@lru_cache(maxsize=4096)
def tokenize(sql: str) -> tuple[Token, ...]:
    """Return the tokens of a text, without spaces and comments; one text is split once in a process."""
    return tuple(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        if match.lastgroup is None:  # nothing but spaces before the end
            continue
        kind, text = _KINDS[match.lastgroup], match[match.lastgroup]
        if kind is Kind.QUOTED:
            quote = text[0]
            inner = text[1:-1]
            text = inner if quote == "[" else inner.replace(quote * 2, quote)
        yield Token(kind, text, text.upper() if kind is Kind.WORD else "")


def render_tokens(tokens: Iterable[Token], names: Mapping[str, str] | None = None) -> str:
    """Write tokens back in one spelling, whatever the spaces, comments, quotes and capitals were.

    Keywords come in capitals. ``names`` maps folded column names to their own spelling: with it,
    every other unquoted word is lower case (SQLite does not tell capitals apart); without it, words
    stay as they were.
    """
    pieces: list[str] = []
    before: Token | None = None
    for token in tokens:
        if pieces and _is_parted(before, token):
            pieces.append(" ")
        pieces.append(_spell(token, names))
        before = token
    return "".join(pieces)


def _is_parted(before: Token | None, token: Token) -> bool:
    if before is None or (before.kind is Kind.OPERATOR and before.text in _TIGHT_AFTER):
        return False
    if token.kind is not Kind.OPERATOR:
        return True
    if token.text == "(":
        return before.kind not in (Kind.WORD, Kind.QUOTED) or before.upper in KEYWORDS
    return token.text not in _TIGHT_BEFORE


def _spell(token: Token, names: Mapping[str, str] | None) -> str:
    if token.kind is Kind.OPERATOR:
        return _SPELLINGS.get(token.text, token.text)
    if token.kind is Kind.QUOTED:
        known = (names or {}).get(token.text.casefold(), token.text)
        is_plain = re.fullmatch(r"[^\W\d]\w*", known) and known.upper() not in KEYWORDS
        return known if is_plain else '"' + known.replace('"', '""') + '"'
    if token.kind is not Kind.WORD:
        return token.text
    if names is not None and token.text.casefold() in names:
        return names[token.text.casefold()]
    if token.upper in KEYWORDS:
        return token.upper
    return token.text if names is None else token.text.lower()


def split_at_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the parts of a list between its outermost commas."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind is Kind.OPERATOR:
            if depth == 0 and token.text == ",":
                parts.append([])
                continue
            depth += _STEPS.get(token.text, 0)
        parts[-1].append(token)
    return [part for part in parts if part]


def is_opening(token: Token) -> bool:
    """Tell whether a token is an opening parenthesis."""
    return token.kind is Kind.OPERATOR and token.text == "("


def closing(tokens: Sequence[Token], start: int) -> int:
    """Return the place of the parenthesis that closes the one at ``start``."""
    depth = 0
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token.kind is Kind.OPERATOR:
            depth += _STEPS.get(token.text, 0)
        if depth == 0:
            return place
    return len(tokens)


def without_outer_parentheses(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return an expression without the parentheses that enclose all of it."""
    while len(tokens) > 1 and is_opening(tokens[0]) and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens
