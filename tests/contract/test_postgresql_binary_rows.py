"""Rows that are written for binary COPY by hand are what the server reads, on every type and with NULL in any place."""

from __future__ import annotations

from uuid import UUID

import pytest

from pytest_dbops.backends.postgresql.binary_rows import BEGINNING, END, are_known, written_rows
from tests.fix_postgres import ScratchDatabase

COLUMNS = {"a": "bigint", "b": "smallint", "c": "integer", "d": "bytea", "e": "uuid", "f": "bytea"}
TYPES = (20, 21, 23, 17, 2950, 17)
WHOLE = [
    (2**63 - 1, -(2**15), 2**31 - 1, b"", UUID(int=2**128 - 1), bytes(range(256))),
    (-(2**63), 2**15 - 1, -(2**31), b"\xff\xff", UUID(int=0), b"x" * 70_000),
]
HOLES = [tuple(None if place == hole else value for place, value in enumerate(WHOLE[0])) for hole in range(6)]


@pytest.mark.parametrize(
    "rows", [WHOLE, HOLES, [*WHOLE, *HOLES, (None,) * 6], []], ids=["whole", "holes", "both", "no"]
)
def test_rows_arrive_as_they_were(postgres_database: ScratchDatabase, rows: list[tuple[object, ...]]) -> None:
    with postgres_database.connect() as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
        with connection.cursor().copy("COPY t FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(BEGINNING + (written_rows(TYPES, rows) if rows else b"") + END)
        found = connection.execute("SELECT * FROM t", binary=True).fetchall()
    assert sorted(found, key=repr) == sorted(rows, key=repr)


def test_type_that_is_written_by_the_driver_is_known_as_such() -> None:
    assert (are_known(TYPES), are_known((20, 25)), are_known((1114,))) == (True, False, False)
