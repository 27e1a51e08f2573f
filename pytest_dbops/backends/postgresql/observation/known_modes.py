"""Locks of statements that run outside a transaction, as the manual gives them, for what was too short to be seen.

Source: PostgreSQL manual, the pages of CREATE INDEX, DROP INDEX, REINDEX, ALTER TABLE, VACUUM, CLUSTER and
REFRESH MATERIALIZED VIEW. The second mode is that on every further table a statement names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pytest_dbops.core.observed import LockMode

_KNOWN = (
    (r"(CREATE (UNIQUE )?INDEX|DROP INDEX|REINDEX.*) CONCURRENTLY", LockMode.SHARE_UPDATE_EXCLUSIVE, None),
    (r"REINDEX.*\bCONCURRENTLY\b", LockMode.SHARE_UPDATE_EXCLUSIVE, None),
    (r"ALTER TABLE.* DETACH PARTITION.* CONCURRENTLY", LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.ACCESS_EXCLUSIVE),
    (r"VACUUM\b[ (].*\bFULL\b|CLUSTER\b", LockMode.ACCESS_EXCLUSIVE, LockMode.ACCESS_EXCLUSIVE),
    (r"VACUUM\b|ANALYZE\b", LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.SHARE_UPDATE_EXCLUSIVE),
    (r"REFRESH MATERIALIZED VIEW CONCURRENTLY", LockMode.EXCLUSIVE, None),
)
_RULES = tuple((re.compile(pattern, re.IGNORECASE), first, further) for pattern, first, further in _KNOWN)
_NAMES = re.compile(r'"((?:[^"]|"")+)"|([\w$]+)')


def known_modes(sql: str, named: Sequence[int]) -> Mapping[int, LockMode]:
    """Return the mode on each named table, by oid; empty for a statement of which nothing is known.

    sql: on one line; named: the tables a statement names, in its order.
    """
    for pattern, first, further in _RULES:
        if pattern.match(sql):
            modes = (first, *[further] * (len(named) - 1))
            return {oid: mode for oid, mode in zip(named, modes, strict=False) if mode is not None}
    return {}


def words_of(sql: str) -> Iterator[str]:
    """Yield every name a statement may hold, folded as the server folds it, in order."""
    for quoted, plain in _NAMES.findall(sql):
        yield quoted.replace('""', '"') if quoted else plain.lower()
