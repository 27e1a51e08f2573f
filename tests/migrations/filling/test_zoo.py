"""Every shape of table is filled, on every major version, and the schema is as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_dbops.migrating.filling import fill
from tests.migrations.filling.places import Case, load_zoo, postgresql_place, sqlite_place

ROOT = Path(__file__).resolve().parents[3]
MAJORS = (15, 16, 18)
POSTGRESQL = load_zoo("postgresql")
SQLITE = load_zoo("sqlite")


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("case", POSTGRESQL, ids=lambda case: case.name)
def test_every_table_of_the_postgresql_zoo_is_filled(case: Case, major: int, url_of: Callable[[int], str]) -> None:
    if major < case.since:
        pytest.skip(f"needs PostgreSQL {case.since}")
    with postgresql_place(url_of(major)) as place:
        if case.needs and not place.query(f"SELECT 1 FROM pg_available_extensions WHERE name = '{case.needs}'"):
            pytest.skip(f"needs the extension {case.needs}")
        place.script(case.sql)
        before = place.catalog()
        coverage = fill(place.ground, before)
        assert {table.table: table.reason for table in coverage.unfilled} == {}
        assert place.catalog() == before


@pytest.mark.parametrize("case", SQLITE, ids=lambda case: case.name)
def test_every_table_of_the_sqlite_zoo_is_filled(case: Case) -> None:
    with sqlite_place() as place:
        place.script(case.sql)
        before = place.catalog()
        coverage = fill(place.ground, before)
        assert {table.table: table.reason for table in coverage.unfilled} == {}
        assert place.query("PRAGMA foreign_key_check") == []
        assert place.catalog() == before


PLANS = """
from pytest_dbops.migrating.filling.plan import plan_fill
from pytest_dbops.migrating.filling.statements import plan_statements
from tests.migrations.filling.places import load_zoo, sqlite_place
for case in load_zoo("sqlite"):
    with sqlite_place() as place:
        place.script(case.sql)
        catalog = place.catalog()
        print(plan_statements(plan_fill(catalog), catalog))
"""


def test_same_catalog_gives_the_same_rows_in_every_process() -> None:
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2")]
    first, second = (
        subprocess.run([sys.executable, "-c", PLANS], env=each, cwd=ROOT, check=True, capture_output=True).stdout
        for each in environments
    )
    assert first == second
    assert len(first.splitlines()) == len(SQLITE)
