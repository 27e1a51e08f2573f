"""Every column of PostgreSQL's catalogs is read, or has a reason why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.backends.postgresql.catalog import read, session_settings
from pytest_dbops.backends.postgresql.catalog.object_statements import RARE_CATALOGS, objects_statement
from pytest_dbops.backends.postgresql.catalog.versions import NEWEST_MAJOR, OLDEST_MAJOR, for_major
from pytest_dbops.backends.postgresql.catalog_coverage import COVERAGE, NOT_READ
from pytest_dbops.core.scratch import ScratchServer

CATALOG_COLUMNS = """
    SELECT c.relname, a.attname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""


def _all_statements() -> str:
    texts = (session_settings.PREPARE, objects_statement(RARE_CATALOGS), *read.STATEMENTS.values())
    majors = range(OLDEST_MAJOR, NEWEST_MAJOR + 1)
    return "\n".join(for_major(text, major) for text in texts for major in majors)


@pytest.mark.parametrize("major", [14, 15, 16, 17, 18])
def test_every_catalog_column_is_accounted_for(start_postgres: Callable[[int], ScratchServer], major: int) -> None:
    with closing(psycopg.connect(start_postgres(major).admin_url)) as connection:
        found = connection.execute(CATALOG_COLUMNS).fetchall()
    known = {(table, column) for table, coverage in COVERAGE.items() for column in coverage.columns}
    unknown = {(table, column) for table, column in found if table not in NOT_READ} - known
    assert not unknown


@pytest.mark.parametrize("catalog", sorted(COVERAGE))
def test_column_said_to_be_read_is_named_in_a_statement(catalog: str) -> None:
    text = _all_statements()
    missing = [name for name in COVERAGE[catalog].read.split() if not re.search(rf"\b{name}\b", text)]
    assert not missing


@pytest.mark.parametrize("catalog", sorted(COVERAGE))
def test_function_or_view_said_to_word_a_column_is_used(catalog: str) -> None:
    text = _all_statements()
    missing = [name for name in COVERAGE[catalog].through.values() if not re.search(rf"\b{name}\b", text)]
    assert not missing


def test_statements_hold_nothing_a_driver_would_take_for_a_parameter() -> None:
    assert not re.search(r"[%?$]|(?<!:):(?!:)", _all_statements())
