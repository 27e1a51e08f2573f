"""What other tools of this kind are known to report by mistake stays silent here."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import CheckResult, Outcome
from tests.cases.asking import Question, ask
from tests.fix_postgres import ScratchDatabase
from tests.fix_settled import wait_until_counted

CHECKS: dict[str, Check] = {check.code: check for check in builtin_checks()}
NOW = datetime.now(UTC)
ROWS = "generate_series(1, 40000) AS n"


def _asked(database: ScratchDatabase, code: str, *statements: str, **settings: float) -> CheckResult:
    with database.connect(autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())
    wait_until_counted(database.superuser_url)
    return ask(
        Question(CHECKS[code], "postgresql", kind="staging", settings=settings, clock=NOW), database.superuser_url
    )


def test_index_of_fresh_statistics_is_not_called_unused(postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, "PRF002",
        f"CREATE TABLE entry AS SELECT n, n::text AS note FROM {ROWS}", "CREATE INDEX ON entry (note)", "ANALYZE entry",
        least_bytes=1,
    )  # fmt: skip
    assert (result.outcome, result.findings) == (Outcome.INCONCLUSIVE, ())


def test_unique_index_that_nobody_reads_is_not_called_unused(postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, "PRF002",
        f"CREATE TABLE entry AS SELECT n FROM {ROWS}", "CREATE UNIQUE INDEX ON entry (n)", "ANALYZE entry",
        least_bytes=1,
    )  # fmt: skip
    assert result.outcome is Outcome.INCONCLUSIVE or result.findings == ()


@pytest.mark.parametrize("code", ["SCH006", "SCH007"])
def test_indexes_that_only_look_alike_are_not_called_duplicates(code: str, postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, code,
        "CREATE TABLE entry (a text, b text, c integer)",
        "CREATE INDEX ON entry (a)", "CREATE INDEX ON entry (a text_pattern_ops)",
        "CREATE INDEX ON entry (b) WHERE c > 0", "CREATE INDEX ON entry (b) WHERE c < 0",
        'CREATE INDEX ON entry (b COLLATE "C", c)', "CREATE INDEX ON entry USING hash (c)",
        "CREATE UNIQUE INDEX ON entry (c)",
    )  # fmt: skip
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


def test_bloat_of_other_schemas_is_not_told(postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, "STO004",
        "CREATE SCHEMA dbops",
        f"CREATE TABLE dbops.entry AS SELECT n, repeat('x', 100) AS note FROM {ROWS}",
        "DELETE FROM dbops.entry WHERE n % 10 <> 0", "VACUUM (ANALYZE) dbops.entry",
        f"CREATE TEMPORARY TABLE passing AS SELECT n, repeat('x', 100) AS note FROM {ROWS}",
        warn_bytes=1 << 20, fail_bytes=1 << 30,
    )  # fmt: skip
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


def test_table_of_wide_and_compressed_rows_is_not_called_bloated(postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, "STO004",
        "CREATE TABLE entry (id integer, note text, further text, day date, amount numeric)",
        "INSERT INTO entry SELECT n, (SELECT string_agg(md5((n * k)::text), '') FROM generate_series(1, 100) AS k),"
        " NULL, '2026-03-01', n / 7.0 FROM generate_series(1, 2000) AS n",
        f"CREATE TABLE narrow AS SELECT n % 2 = 0 AS flag FROM {ROWS}",
        "VACUUM (ANALYZE) entry", "VACUUM (ANALYZE) narrow",
        warn_bytes=1 << 18, fail_bytes=1 << 20,
    )  # fmt: skip
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


def test_index_is_not_asked_for_where_one_begins_with_the_key(postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, "SCH004",
        "CREATE TABLE customer (org integer, id integer, PRIMARY KEY (org, id))",
        "CREATE TABLE invoice (id integer PRIMARY KEY, customer integer, org integer,"
        " FOREIGN KEY (org, customer) REFERENCES customer)",
        "CREATE INDEX ON invoice (customer, org, id)",
    )  # fmt: skip
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


def test_table_that_is_small_is_not_told_for_its_scans(postgres_database: ScratchDatabase) -> None:
    result = _asked(
        postgres_database, "PRF008",
        "CREATE TABLE country AS SELECT n FROM generate_series(1, 250) AS n", "SELECT count(*) FROM country",
    )  # fmt: skip
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())
