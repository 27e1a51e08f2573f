"""One statement that is a transaction of its own: what it locks is seen by a second session, else known."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from pytest_dbops.backends.postgresql.observation.known_modes import known_modes, words_of
from pytest_dbops.backends.postgresql.observation.ledger import Ledger
from pytest_dbops.backends.postgresql.observation.watching import SecondSession, Watch
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.observed import LockMode, RelationKind

_INDEX_CONCURRENTLY = re.compile(r"(DROP\s+INDEX|REINDEX)\b.*\bCONCURRENTLY\b", re.IGNORECASE)
_HOLDABLE = (RelationKind.TABLE, RelationKind.PARTITIONED_TABLE)


class Outside:
    """Made right before the statement runs; `stop` right after it. Without a watch nothing is seen of it."""

    def __init__(
        self,
        *,
        watch: Watch | None = None,
        expected: Mapping[int, LockMode] = MappingProxyType({}),
        dead: Collection[int] = (),
        reason: str = "",
    ) -> None:
        self._watch = watch
        self._expected = expected
        self._dead = dead
        self.reason = reason
        """Why nothing of it was seen; empty when it was, or when there was nothing to see."""
        self.known: frozenset[int] = frozenset()
        """Relations whose lock is known and was not seen."""
        self.let_go_s = 0.0
        """When the statement could go on, if it waited for the second session; else 0."""

    def stop(self) -> Mapping[int, frozenset[LockMode]]:
        """Return all modes by oid, known ones where the manual names more than was seen."""
        seen: Mapping[int, frozenset[LockMode]] = {}
        if self._watch is not None:
            seen = {oid: modes for oid, modes in self._watch.stop().items() if oid not in self._dead}
            self.let_go_s = self._watch.let_go_s
            if not seen and self._expected:
                self.reason = f"it ended before its locks were seen{self._watch.broke and ': '}{self._watch.broke}"
        known = {oid: mode for oid, mode in self._expected.items() if mode not in seen.get(oid, ())}
        self.known = frozenset(known)
        return {
            oid: seen.get(oid, frozenset()) | ({known[oid]} if oid in known else frozenset()) for oid in {*seen, *known}
        }


def watched(ledger: Ledger, sql: str, pid: int, second: SecondSession | None) -> Outside:
    """Begin to watch a statement that may lock tables, given on one line; `pid` is the session that will run it."""
    named = ledger.named(tuple(words_of(sql)))
    expected = known_modes(sql, named)
    if second is None:
        return Outside(expected=expected, reason="it ran outside a transaction, and no second session looked on")
    held = [ledger.now[oid].quoted for oid in named if ledger.now[oid].kind in _HOLDABLE]
    try:
        return Outside(expected=expected, dead=_replaced(ledger, sql, expected), watch=second.watch(pid, held))
    except CannotJudge as err:
        return Outside(expected=expected, reason=f"it ran outside a transaction, and nothing could look on: {err}")


def _replaced(ledger: Ledger, sql: str, tables: Collection[int]) -> Collection[int]:
    """Return the indexes that a concurrent statement may drop or replace, those of toast tables among them.

    It locks one ACCESS EXCLUSIVE only when no query can use it any more, so that nobody waits for that.
    """
    if not _INDEX_CONCURRENTLY.match(sql):
        return ()
    parts = frozenset(oid for oid, facts in ledger.now.items() if facts.owner in tables)
    return parts | frozenset(oid for oid, facts in ledger.now.items() if facts.owner in parts)
