"""How many rows the tables of a file are said to have: exactly where they are few, whatever numbers they carry."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends.sqlite.row_counts import COUNTED_ROWS
from pytest_dbops.checks.performance.analyze_overdue import analyze_overdue
from tests.checks.connectivity.asking import ask, sqlite_url, statistics_of


def counted(path: Path, *statements: str) -> dict[str, int | None]:
    run(path, *statements)
    return {row["name"]: row["rows"] for row in statistics_of(sqlite_url(path)).rows("tables")}


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    path.chmod(0o600)


def filled(path: Path, numbers: Iterable[int]) -> int | None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, note TEXT)")
        connection.executemany("INSERT INTO entry VALUES (?, 'a note of a usual length')", ((n,) for n in numbers))
        connection.commit()
    path.chmod(0o600)
    return counted(path)["entry"]


@pytest.mark.parametrize("rows", [0, 1, COUNTED_ROWS - 1, COUNTED_ROWS, COUNTED_ROWS + 1, 2 * COUNTED_ROWS, 30_000])
@pytest.mark.parametrize("first", [-500, 1, 2**62])
def test_numbers_without_gaps_are_told_exactly(tmp_path: Path, rows: int, first: int) -> None:
    assert filled(tmp_path / "books.sqlite3", range(first, first + rows)) == rows


@pytest.mark.parametrize(
    "numbers",
    [
        [1001, 2001, 3003], range(0, 900 * 2**40, 2**40), [-(2**63), 2**63 - 1],
        [org * 10**9 + n for org in range(30) for n in range(30)],
    ],
    ids=["a range a tenant", "of moments", "extremes", "many tenants"],
)  # fmt: skip
def test_few_rows_are_counted_however_far_apart_their_numbers_are(tmp_path: Path, numbers: Iterable[int]) -> None:
    path, numbers = tmp_path / "books.sqlite3", list(numbers)
    assert filled(path, numbers) == len(numbers)
    assert ask(analyze_overdue, statistics=statistics_of(sqlite_url(path))) == []


def test_numbers_drawn_at_random_are_reckoned_from_how_far_they_are_apart(tmp_path: Path) -> None:
    drawn = random.Random(7).sample(range(2**61), 20_000)
    told = filled(tmp_path / "books.sqlite3", drawn)
    assert told is not None
    assert 18_000 < told < 22_000


def test_never_more_rows_than_the_file_could_hold(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    told = filled(path, [*range(2_000), *range(2**60, 2**60 + 2_000)])
    assert told is not None
    assert 4_000 <= told <= path.stat().st_size / 6


def test_rows_without_numbers_are_counted_while_they_are_few(tmp_path: Path) -> None:
    more = "INSERT INTO {} WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT n FROM c"
    found = counted(
        tmp_path / "books.sqlite3",
        "CREATE TABLE few (code TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE many (code TEXT PRIMARY KEY) WITHOUT ROWID",
        more.format("few", 12), more.format("many", COUNTED_ROWS + 1),
        'CREATE TABLE "hid""den" (_rowid_ TEXT)', more.format('"hid""den"', COUNTED_ROWS + 1),
        'CREATE TABLE "empty {0}: :x" (id INTEGER)',
    )  # fmt: skip
    assert found == {"few": 12, "many": None, 'hid"den': None, "empty {0}: :x": 0}


def test_more_tables_than_one_statement_may_name(tmp_path: Path) -> None:
    made = [f"CREATE TABLE t{n:03} AS SELECT 1 AS a" for n in range(520)]
    assert counted(tmp_path / "books.sqlite3", *made) == {f"t{n:03}": 1 for n in range(520)}
