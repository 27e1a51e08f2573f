"""How a statement is observed follows from its first words, behind comments and parentheses."""

from __future__ import annotations

import pytest

from pytest_dbops.backends.postgresql.observation.keywords import Sort, sort_of
from pytest_dbops.backends.postgresql.observation.known_modes import known_modes, words_of
from pytest_dbops.core.observed import LockMode

SORTS = {
    "ALTER TABLE invoice ADD note text": Sort.SCHEMA,
    "-- why\n/* and\nhow */ create index on invoice (code)": Sort.SCHEMA,
    "LOCK TABLE invoice": Sort.SCHEMA,
    "DO $$BEGIN NULL; END$$": Sort.SCHEMA,
    "SELECT 1; DROP TABLE invoice": Sort.SCHEMA,
    "SET CONSTRAINTS ALL IMMEDIATE": Sort.SCHEMA,
    "SELECT id FROM invoice": Sort.QUIET,
    "SELECT make_partitions()": Sort.ROWS,
    "(SELECT 1) UNION (SELECT count(*) FROM invoice)": Sort.ROWS,
    "UPDATE invoice SET note = 'a; b';": Sort.ROWS,
    "WITH gone AS (DELETE FROM invoice RETURNING *) SELECT * FROM gone": Sort.ROWS,
    "SET lock_timeout = '2s'": Sort.QUIET,
    "SAVEPOINT sa_savepoint_1": Sort.QUIET,
    "ROLLBACK TO SAVEPOINT sa_savepoint_1": Sort.BACK,
    "ROLLBACK": Sort.END,
    "commit": Sort.END,
    "": Sort.SCHEMA,
}


@pytest.mark.parametrize("sql", SORTS, ids=lambda sql: sql[:30] or "nothing")
def test_statement_is_observed_by_its_words(sql: str) -> None:
    assert sort_of(sql) is SORTS[sql]


@pytest.mark.parametrize(
    ("sql", "modes"),
    [
        ("CREATE UNIQUE INDEX CONCURRENTLY a ON b (c)", {1: LockMode.SHARE_UPDATE_EXCLUSIVE}),
        ("REINDEX (VERBOSE) TABLE CONCURRENTLY b", {1: LockMode.SHARE_UPDATE_EXCLUSIVE}),
        ("VACUUM (FULL, ANALYZE) b", {1: LockMode.ACCESS_EXCLUSIVE, 2: LockMode.ACCESS_EXCLUSIVE}),
        ("vacuum full b", {1: LockMode.ACCESS_EXCLUSIVE, 2: LockMode.ACCESS_EXCLUSIVE}),
        ("VACUUM b", {1: LockMode.SHARE_UPDATE_EXCLUSIVE, 2: LockMode.SHARE_UPDATE_EXCLUSIVE}),
        ("ALTER TABLE b DETACH PARTITION c CONCURRENTLY",
         {1: LockMode.SHARE_UPDATE_EXCLUSIVE, 2: LockMode.ACCESS_EXCLUSIVE}),
        ("ALTER TYPE mood ADD VALUE 'calm'", {}),
    ],
)  # fmt: skip
def test_known_modes_are_those_of_the_manual(sql: str, modes: dict[int, LockMode]) -> None:
    assert known_modes(sql, [1, 2]) == modes


def test_names_are_folded_as_the_server_folds_them() -> None:
    assert list(words_of('DROP INDEX Books."Odd ""One"""')) == ["drop", "index", "books", 'Odd "One"']
