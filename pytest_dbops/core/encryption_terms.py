"""Words of encryption that configuration and checks need before any column is looked at."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What a root key is for."""

    DATA = "data"
    INDEX = "blind-index"


class KeyState(StrEnum):
    """Where a key stands in its life (NIST SP 800-57 part 1, 7): only an active one seals."""

    PRE_ACTIVE = "pre-active"
    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"
    DESTROYED = "destroyed"


class FieldVerdict(StrEnum):
    """What one stored field is."""

    OK = "ok"
    OK_OLD_KEY = "ok on a retired key"
    EMPTY = "null"
    PLAINTEXT = "plaintext"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    UNKNOWN_KEY = "unknown key"
    WRONG_KEY = "wrong key"
    SWAPPED = "swapped"
    OTHER_PROFILE = "other profile"
    DUPLICATE_NONCE = "duplicate nonce"
    NULL_WHERE_REQUIRED = "null where required"
    INDEX_MISMATCH = "blind index mismatch"


class Method(StrEnum):
    """How a column was looked at."""

    FULL = "full scan"
    SAMPLE = "sample"
    STRUCTURE = "structure alone"


SOUND = frozenset({FieldVerdict.OK, FieldVerdict.OK_OLD_KEY, FieldVerdict.EMPTY})
"""Verdicts that say nothing against a field."""
