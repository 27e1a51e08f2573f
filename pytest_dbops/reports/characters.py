r"""Characters that no report carries raw, shown as escapes such as `\x07`.

They are what XML 1.0 forbids (section 2.2: control characters, lone surrogates, U+FFFE and U+FFFF), what a
terminal would obey (the other control characters), and what would turn a line's order around (bidirectional
marks). Tab and line feed are text.
"""

from __future__ import annotations

import re

_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_ASCII_TEXT = bytes([9, 10, *range(32, 127)])


def visible(text: str) -> str:
    """Return `text` with each of those characters replaced by its escape; safe in XML and on a terminal."""
    # Nothing listed above counts as printable, so one line of text is told at once; a long text of many lines
    # by deleting what is allowed, which leaves what is not: many times as fast as the pattern.
    if text.isprintable():
        return text
    if text.isascii() and not text.encode("ascii").translate(None, _ASCII_TEXT):
        return text
    return _RAW.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
