"""The catalogue of DDL: what each statement locks, rewrites and scans, on tables that were there before."""

from __future__ import annotations

from dataclasses import dataclass

SETUP = """
CREATE TABLE customer (id integer PRIMARY KEY, name varchar(20) NOT NULL);
CREATE TABLE invoice (
  id integer PRIMARY KEY, customer_id integer, code varchar(20), price numeric(10,2), due timestamp, note text,
  CONSTRAINT code_is_given CHECK (code IS NOT NULL)
);
CREATE INDEX invoice_due_idx ON invoice (due);
INSERT INTO customer SELECT n, 'made up' FROM generate_series(1, 100) AS n;
INSERT INTO invoice SELECT n, 1 + mod(n, 100), n::text, n, '2024-02-29', 'made up' FROM generate_series(1, 300) AS n;
CREATE TYPE mood AS ENUM ('sad', 'glad');
"""
"""Every case meets these tables, filled, in a schema of its own."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the catalogue.

    locks: tables, views and sequences of before the statement, and the strongest mode on each.
    indexes: the same for indexes; only where a statement is about them.
    rewritten, scanned: tables. refused: a part of what the server says when it refuses.
    statements before the last one are run and observed in the same transaction, and not judged.
    """

    name: str
    statement: str
    locks: dict[str, str]
    rewritten: frozenset[str] = frozenset()
    scanned: frozenset[str] = frozenset()
    indexes: dict[str, str] | None = None
    setup: str = ""
    before: tuple[str, ...] = ()
    is_autocommit: bool = False
    refused: str = ""
