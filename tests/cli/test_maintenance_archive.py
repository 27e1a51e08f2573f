"""Old rows leave a database only when a copy of them was read back; what has changed meanwhile stays."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_dbops.backends import maintainer_for
from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.maintenance.archive import ArchiveRule, OldRows
from pytest_dbops.core.maintenance.worker import Patience
from pytest_dbops.operations.maintaining.archiving import Archived, archive_rows, verified_rows
from tests.cli.maintained import Maintained, fates
from tests.cli.test_maintenance_faults import RUNNING, has_begun, start
from tests.cli.test_maintenance_plan import on_postgresql
from tests.provisioning.conftest import wait_for

RULE = '\n[[archive]]\ntable = "log"\ncolumn = "at"\nolder_than_days = 365\n'
MAY_DESTROY = "may_destroy = true\nencryption = false\n"
TABLE = {
    "postgresql": "CREATE TABLE log (id bigint, part integer, at timestamptz, body jsonb, raw bytea,"
    " PRIMARY KEY (id, part))",
    "sqlite": "CREATE TABLE log (id integer, part integer, at text, body text, raw blob, PRIMARY KEY (id, part))",
}  # fmt: skip
ROWS = {
    "postgresql": "INSERT INTO log SELECT n, 1, '2020-01-01'::timestamptz + n * interval '1 day', '{\"a\": 0.1}',"
    " '\\x00ff' FROM generate_series(1, 1200) AS n",
    "sqlite": "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200) INSERT INTO log"
    " SELECT n, 1, date('2020-01-01', n || ' days'), '{\"a\": 0.1}', x'00ff' FROM n",
}  # fmt: skip
NEW = "INSERT INTO log (id, part, at) VALUES (9999, 1, '2999-01-01')"


@pytest.fixture
def logged(maintained: Maintained) -> Maintained:
    """A table with 1200 rows of the years 2020 to 2023, and one of the future."""
    maintained.configure(MAY_DESTROY + RULE)
    maintained.sql(TABLE[maintained.dialect], ROWS[maintained.dialect], NEW)
    return maintained


def test_old_rows_are_copied_read_back_and_then_deleted(logged: Maintained) -> None:
    assert logged.step("archive_rows")["reason"].startswith("1200 rows of table 'log' are from before ")
    answer = logged.auto("--task", "archive_rows")
    assert (answer.code, answer.err, fates(answer.json["done"])) == (0, "", [("archive_rows", "done")])
    assert logged.rows("SELECT id FROM log") == [(9999,)]
    (file,) = copies(logged)
    assert (file.stat().st_mode & 0o777, file.name.endswith(".jsonl.gz")) == (0o600, True)
    header, *rows, last = lines_of(file)
    assert (header["format"], header["table"], header["columns"]) == (
        "dbops archive", "log", ["id", "part", "at", "body", "raw"],
    )  # fmt: skip
    assert (len(rows), last["rows"]) == (1_200, 1_200)
    assert [str(part) for part in rows[41]["key"]] == ["42", "1"]
    assert json.loads(rows[41]["row"])["id"] == 42
    assert last["sha256"] in answer.json["done"][0]["why"]


def test_nothing_is_archived_where_nothing_may_be_dropped(logged: Maintained) -> None:
    logged.configure("may_destroy = false\n" + RULE)
    step = logged.step("archive_rows")
    assert step["kept_back"] == "nothing may be dropped in 'staging' ([env.staging] may_destroy = true)"
    assert logged.auto("--task", "archive_rows").json["done"] == []
    assert logged.rows("SELECT count(*) FROM log") == [(1_201,)]


def test_rows_that_take_others_with_them_are_left_to_a_person(logged: Maintained) -> None:
    logged.sql(
        "CREATE TABLE detail (id integer PRIMARY KEY, log_id integer, part integer,"
        " FOREIGN KEY (log_id, part) REFERENCES log (id, part) ON DELETE CASCADE)"
    )
    assert logged.step("archive_rows")["kept_back"].startswith("rows of 'detail' would change with them (CASCADE)")


def test_rows_that_others_refer_to_stay_with_their_whole_transaction(logged: Maintained) -> None:
    logged.sql(
        "CREATE TABLE detail (id integer PRIMARY KEY, log_id integer, part integer,"
        " FOREIGN KEY (log_id, part) REFERENCES log (id, part))",
        "INSERT INTO detail VALUES (1, 3, 1)",
    )
    answer = logged.auto("--task", "archive_rows")
    assert (answer.code, fates(answer.json["done"])) == (1, [("archive_rows", "failed")])
    assert logged.rows("SELECT count(*) FROM log") == [(1_201,)]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (RULE.replace("log", "lag"), "there is no table 'lag'"),
        (RULE.replace('"at"', '"when"'), "table 'log' has no column 'when'"),
        (RULE.replace('"at"', '"id"'), "column 'id' of 'log' is"),
    ],
    ids=["table", "column", "type"],
)
def test_rule_that_does_not_fit_the_schema_is_said_so(logged: Maintained, rule: str, said: str) -> None:
    logged.configure(MAY_DESTROY + rule)
    assert [line for line in logged.plan()["unjudged"] if line.startswith(f"archive_rows {said}")] != []


@on_postgresql
def test_two_rules_of_one_table_are_refused(maintained: Maintained) -> None:
    maintained.configure(RULE + RULE)
    answer = maintained.dbops("plan")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "[[archive]] of 'log' is written twice (keep one)" in answer.err


def test_row_that_changes_after_it_was_copied_is_not_deleted(logged: Maintained) -> None:
    old = old_rows(logged.dialect)
    with maintainer_for(logged.dialect).open_worker(logged.url, timeout_s=5, application="test") as worker:
        copied = worker.read_old(old, None, 3)
        assert [str(row.key[0]) for row in copied] == ["1", "2", "3"]
        assert [str(row.key[0]) for row in worker.read_old(old, copied[-1].key, 2)] == ["4", "5"]
        logged.sql("UPDATE log SET body = '{}' WHERE id = 2", others=1)
        assert worker.delete_old(old, copied, Patience(1, 1, 5)) == 2
    assert logged.rows("SELECT id FROM log WHERE id < 5 ORDER BY id") == [(2,), (4,)]


@pytest.mark.fault
def test_run_that_is_killed_has_lost_no_row(logged: Maintained, request: pytest.FixtureRequest) -> None:
    moment = random.Random(str(request.node.callspec.params)).uniform(0, 0.15)
    with start(logged, "--task", "archive_rows") as process:
        wait_for(lambda: process.poll() is not None or has_begun(logged), patience_s=60)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=moment)
        process.kill()
        process.communicate()
    wait_for(lambda: logged.dialect == "sqlite" or logged.rows(RUNNING) == [(0,)])
    here = {int(row[0]) for row in logged.rows("SELECT id FROM log")}
    copied = {int(row["key"][0]) for file in copies(logged) for row in lines_of(file)[1:-1]}
    assert here | copied == {*range(1, 1_201), 9_999}
    assert logged.auto("--task", "archive_rows").code == 0
    assert logged.rows("SELECT id FROM log") == [(9_999,)]


def test_copy_that_cannot_be_written_deletes_nothing(logged: Maintained) -> None:
    (logged.path / ".dbops").mkdir()
    (logged.path / ".dbops" / "archives").write_text("in the way")
    answer = logged.auto("--task", "archive_rows")
    assert (answer.code, fates(answer.json["done"])) == (1, [("archive_rows", "failed")])
    assert "cannot be made: " in answer.err
    assert logged.rows("SELECT count(*) FROM log") == [(1_201,)]


@pytest.fixture(scope="module")
def whole_copy(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """A copy of three rows of a SQLite table."""
    folder = tmp_path_factory.mktemp("copy")
    with closing(sqlite3.connect(folder / "log.sqlite3", isolation_level=None)) as connection:
        connection.execute(TABLE["sqlite"])
        connection.execute("INSERT INTO log SELECT value, 1, '2020-01-01', 'x', NULL FROM json_each('[1, 2, 3]')")
    url = f"sqlite:///{folder / 'log.sqlite3'}"
    with maintainer_for("sqlite").open_worker(url, timeout_s=5, application="test") as worker:
        return archive_rows(worker, old_rows("sqlite"), folder, "run", Patience(1, 1, 5), lambda: 1.0)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_copy_with_a_flipped_bit_or_a_missing_end_is_not_taken_for_whole(
    whole_copy: Archived, tmp_path_factory: pytest.TempPathFactory, place: float, bit: int
) -> None:
    rows, whole = verified_rows(whole_copy.file, whole_copy.sha256, 3), whole_copy.file.read_bytes()
    at, file = int(place * len(whole)), tmp_path_factory.mktemp("damaged") / "copy.jsonl.gz"
    file.write_bytes(whole[:at])
    assert is_refused(file, whole_copy.sha256)
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
    # Bits of gzip's own header, such as its time, are no part of what is kept.
    assert is_refused(file, whole_copy.sha256) or verified_rows(file, whole_copy.sha256, 3) == rows


def copies(logged: Maintained) -> list[Path]:
    return list((logged.path / ".dbops" / "archives" / "staging").glob("*.gz"))


def lines_of(file: Path) -> list[Any]:
    return list(map(json.loads, gzip.decompress(file.read_bytes()).decode().splitlines()))


def is_refused(file: Path, digest: str) -> bool:
    try:
        verified_rows(file, digest, 3)
    except Blocked:
        return True
    return False


def old_rows(dialect: str) -> OldRows:
    types = ("bigint", "integer") if dialect == "postgresql" else ("integer", "integer")
    return OldRows(
        ArchiveRule("log", "at", 365), "public", "log", "log", ("id", "part", "at", "body", "raw"), ("id", "part"),
        types, "timestamptz" if dialect == "postgresql" else "text", "2024-01-01", 1_200, 0,
    )  # fmt: skip
