"""One row of the catalogue, and the tables every row meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_dbops.core.observed import LockMode

SETUP = """
CREATE TABLE customer (id integer PRIMARY KEY, name varchar(20) NOT NULL);
CREATE TABLE invoice (
  id integer PRIMARY KEY, customer_id integer, code varchar(20), label varchar(20), price numeric(10,2),
  due timestamp, paid timestamp, note text,
  CONSTRAINT code_is_given CHECK (code IS NOT NULL)
);
CREATE INDEX invoice_due_idx ON invoice (due);
CREATE TABLE entry (day date, note text) PARTITION BY RANGE (day);
CREATE TABLE entry_2024 PARTITION OF entry FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TYPE mood AS ENUM ('sad', 'glad');
INSERT INTO customer SELECT n, 'made up' FROM generate_series(1, 100) AS n;
INSERT INTO invoice
SELECT n, 1 + mod(n, 100), n::text, n::text, n, '2024-02-29', '2024-03-01', 'made up'
  FROM generate_series(1, 300) AS n;
INSERT INTO entry VALUES ('2024-02-29', 'made up');
"""
"""Filled tables, so that what is empty does not hide what is read."""

SUE, SHARE, SRE = LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.SHARE, LockMode.SHARE_ROW_EXCLUSIVE
EXCLUSIVE, AE = LockMode.EXCLUSIVE, LockMode.ACCESS_EXCLUSIVE
READS, KEEPS, WRITES = LockMode.ACCESS_SHARE, LockMode.ROW_SHARE, LockMode.ROW_EXCLUSIVE


@dataclass(frozen=True, slots=True)
class Case:
    """What a statement does to relations that were there before.

    locks: the strongest mode on each table, view and sequence; on an index only what is stronger than a reader's
        or writer's. rewritten, scanned, changed: tables; rebuilt: indexes with a new file.
    setup: committed before. before: run first, in the transaction of the statement.
    invalid: indexes left behind invalid. reason: how the reason begins why it was not observed.
    since: the first major version that knows the statement.
    """

    name: str
    statement: str
    locks: Mapping[str, LockMode] = field(default_factory=dict)
    rewritten: frozenset[str] = frozenset()
    rebuilt: frozenset[str] = frozenset()
    scanned: frozenset[str] = frozenset()
    changed: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    setup: str = ""
    before: tuple[str, ...] = ()
    invalid: frozenset[str] = frozenset()
    reason: str = ""
    since: int = 14
