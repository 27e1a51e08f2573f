"""Cut a condition into words, numbers, strings and signs; both products' spellings."""

from __future__ import annotations

import re

from pytest_dbops.core.frozen import frozen

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>[eE]?'(?:[^']|'')*')
    | (?P<blob>[xX]'[0-9a-fA-F]*')
    | (?P<quoted>"(?:[^"]|"")*" | \[[A-Za-z_][^\]]*\] | `[^`]*`)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*)
    | (?P<sign>::|<=|>=|<>|!=|==|\|\||!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|->>|->|@>|<@|&&|<<|>>|[-+*/%^<>=~&|?\#@!(),.\[\]:])
    """,
    re.VERBOSE,
)


class NotRead(Exception):
    """A condition is written in a way that is not understood here; it is left to the database."""


@frozen
class Token:
    """``kind`` is string, blob, quoted, number, word or sign; ``text`` is without quotes."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        """The word in lower case; empty for anything else."""
        return self.text.lower() if self.kind == "word" else ""


def cut(text: str) -> list[Token]:
    """Return the tokens of a condition; raises NotRead at a character that starts none."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise NotRead(text[at : at + 20])
        at = match.end()
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, _plain(match.lastgroup, match[0])))
    return found


def _plain(kind: str, text: str) -> str:
    if kind == "string":
        inner = text[text.index("'") + 1 : -1].replace("''", "'")
        return inner.replace("\\\\", "\\") if text[0] in "eE" else inner
    if kind == "quoted":
        return text[1:-1].replace('""', '"') if text[0] == '"' else text[1:-1]
    return text[2:-1] if kind == "blob" else text
