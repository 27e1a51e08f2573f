"""The two questions an observer asks the server, and their answers as records.

ALL lists every relation that is not the system's; HELD looks at those alone that the own transaction has locked.
Both tell the transaction, the position of WAL and the lock_timeout of the same moment. Counts of scans and rows are
what was reported to the statistics so far plus what the session has not reported yet: that sum never falls when
the server moves counts from one to the other (PostgreSQL manual, "The Cumulative Statistics System").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed import LockMode, ObservationFailed, Query, RelationKind

FIRST_OID = 16384
"""Below are the system's own relations; locks on them are of no interest (access/transam.h, FirstNormalObjectId)."""

_FACTS = """
       CAST(c.relfilenode AS bigint), CAST(n.nspname AS text), CAST(c.relname AS text), CAST(c.relkind AS text),
       CAST(coalesce(x.indrelid, 0) AS bigint), coalesce(x.indisvalid, true),
       CASE WHEN c.relkind IN ('r', 'm', 'i')
            THEN coalesce(pg_catalog.pg_stat_get_numscans({oid}), 0)
               + coalesce(pg_catalog.pg_stat_get_xact_numscans({oid}), 0)
            ELSE 0 END,
       CASE WHEN c.relkind IN ('r', 'm')
            THEN coalesce(pg_catalog.pg_stat_get_tuples_inserted({oid}), 0)
               + coalesce(pg_catalog.pg_stat_get_xact_tuples_inserted({oid}), 0)
            ELSE 0 END,
       CASE WHEN c.relkind IN ('r', 'm')
            THEN coalesce(pg_catalog.pg_stat_get_tuples_updated({oid}), 0)
               + coalesce(pg_catalog.pg_stat_get_xact_tuples_updated({oid}), 0)
            ELSE 0 END,
       CASE WHEN c.relkind IN ('r', 'm')
            THEN coalesce(pg_catalog.pg_stat_get_tuples_deleted({oid}), 0)
               + coalesce(pg_catalog.pg_stat_get_xact_tuples_deleted({oid}), 0)
            ELSE 0 END,
       c.relkind IN ('r', 'm') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
"""
_MOMENT = """
       CAST(m.virtualtransaction AS text),
       CAST(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0') AS bigint),
       pg_catalog.current_setting('lock_timeout'),
       pg_catalog.pg_backend_pid(),
       pg_catalog.current_setting('wal_level')
"""
_OWN = """
WITH own AS MATERIALIZED (
  SELECT l.locktype, l.relation, l.mode, l.virtualtransaction
    FROM pg_catalog.pg_locks AS l
   WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype IN ('relation', 'virtualxid')
), m AS (
  SELECT (SELECT own.virtualtransaction FROM own LIMIT 1) AS virtualtransaction
), held AS MATERIALIZED (
  SELECT own.relation AS oid, pg_catalog.string_agg(own.mode, ' ') AS modes
    FROM own
   WHERE own.locktype = 'relation' AND own.relation >= 16384
   GROUP BY own.relation
)
"""
HELD = f"""{_OWN}
SELECT {_MOMENT}, CAST(h.oid AS bigint), h.modes, {_FACTS.replace("{oid}", "h.oid")}
  FROM m
  LEFT JOIN held AS h ON true
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid = h.oid
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = h.oid
"""  # noqa: S608  # put together of constants alone
ALL = f"""{_OWN}
SELECT {_MOMENT}, CAST(c.oid AS bigint), h.modes, {_FACTS.replace("{oid}", "c.oid")}
  FROM m
  LEFT JOIN pg_catalog.pg_class AS c ON c.oid >= 16384
  LEFT JOIN held AS h ON h.oid = c.oid
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.oid
"""  # noqa: S608  # as above

_KINDS = MappingProxyType(
    {
        "r": RelationKind.TABLE, "p": RelationKind.PARTITIONED_TABLE, "i": RelationKind.INDEX,
        "I": RelationKind.PARTITIONED_INDEX, "v": RelationKind.VIEW, "m": RelationKind.MATERIALIZED_VIEW,
        "t": RelationKind.TOAST, "S": RelationKind.SEQUENCE, "f": RelationKind.FOREIGN_TABLE, "c": RelationKind.TYPE,
    }
)  # fmt: skip
_TOAST = re.compile(r"pg_toast_(\d+)$")
_UNITS = MappingProxyType({"": 1, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000})
_AMOUNT = re.compile(r"(\d+)\s*([a-z]*)")


@frozen
class Facts:
    """One relation at one moment; `owner` is the table of an index, 0 for what belongs to no other.

    may_read: whether the role may count its rows.
    """

    oid: int
    filenode: int
    schema: str
    relation: str
    kind: RelationKind
    owner: int
    is_valid: bool
    scans: int
    inserted: int
    updated: int
    deleted: int
    may_read: bool

    @property
    def name(self) -> str:
        """The name as findings write it."""
        return f"{self.schema}.{self.relation}"

    @property
    def quoted(self) -> str:
        """The name as SQL takes it."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.relation))


@frozen
class Look:
    """The answer to a question; `relations` holds None for a locked relation that is no more.

    is_whole: whether it holds every relation there is, so that one it lacks is no more.
    """

    transaction: str
    wal_bytes: int
    lock_timeout_ms: int
    pid: int
    wal_level: str
    relations: Mapping[int, Facts | None]
    held: Mapping[int, frozenset[LockMode]]
    is_whole: bool = False


def count_rows(query: Query, tables: Sequence[Facts]) -> Sequence[int]:
    """Return the rows of tables now, in one round trip."""
    counts = ", ".join(f"(SELECT pg_catalog.count(*) FROM ONLY {one.quoted})" for one in tables)  # noqa: S608  # quoted
    try:
        return [int(number) for number in query(f"SELECT {counts}")[0]]
    except Exception as err:  # as in `look`
        raise _failed(err) from err


def look(query: Query, sql: str) -> Look:
    """Ask HELD or ALL, in one round trip; raises ObservationFailed when the server or the driver refuses."""
    try:
        return _look_of(query(sql), is_whole=sql is ALL)
    except Exception as err:  # whatever the project's driver raises
        raise _failed(err) from err


def _failed(err: Exception) -> ObservationFailed:
    return ObservationFailed(f"observing the statement broke: {type(err).__name__}: {' '.join(str(err).split())}")


def _look_of(rows: Sequence[Sequence[Any]], *, is_whole: bool) -> Look:
    transaction, wal_bytes, lock_timeout, pid, wal_level = rows[0][:5]
    about = [row[5:] for row in rows if row[5] is not None]
    return Look(
        transaction=transaction or "",
        wal_bytes=int(wal_bytes),
        lock_timeout_ms=_milliseconds(lock_timeout),
        pid=pid,
        wal_level=wal_level,
        relations={row[0]: _facts_of(row[0], row[2:]) for row in about},
        held={row[0]: frozenset(LockMode.parse(mode) for mode in _known(row[1].split())) for row in about if row[1]},
        is_whole=is_whole,
    )


def _facts_of(oid: int, row: Sequence[Any]) -> Facts | None:
    filenode, schema, relation, kind, owner, is_valid, scans, inserted, updated, deleted, may_read = row
    if relation is None:
        return None
    # The server names a toast table by the oid of its table, also after a rewrite (catalog/toasting.c).
    toasted = _TOAST.match(relation) if schema == "pg_toast" else None
    sort = RelationKind.TOAST if schema == "pg_toast" else _KINDS.get(kind, RelationKind.TABLE)
    return Facts(
        oid, filenode or 0, schema, relation, sort, int(toasted[1]) if toasted else owner, is_valid,
        scans, inserted, updated, deleted, may_read,
    )  # fmt: skip


def _known(modes: Iterable[str]) -> Iterable[str]:
    """Leave out the mode that serializable transactions add, which blocks nobody."""
    return (mode for mode in modes if mode != "SIReadLock")


def _milliseconds(setting: str) -> int:
    found = _AMOUNT.match(setting)
    return int(found[1]) * _UNITS.get(found[2], 1) if found else 0
