"""Whatever the schema: every table is filled or named with a reason, nothing is raised, references are kept."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_dbops.migrating.filling import fill
from tests.migrations.filling.places import postgresql_place, sqlite_place

COUNTED = ("integer", "smallint", "bigint", "numeric(6,2)")
TYPES = {
    "postgresql": (*COUNTED, "text", "varchar(3)", "boolean", "date", "timestamptz", "jsonb", "uuid", "bytea", "int[]"),
    "sqlite": (*COUNTED, "TEXT", "VARCHAR(3)", "BOOLEAN", "DATE", "DATETIME", "JSON", "BLOB", "REAL", ""),
}
CHECKS = (
    "{0} > 5",
    "{0} BETWEEN -3 AND 3",
    "{0} IN (2, 4, 8)",
    "{0} <> 1 OR {0} IS NULL",
    "{0} % 3 = 1",
    "{0} < 0 AND {0} > 0",
)
PAIRS = ("{0} < {1}", "({0} IS NULL) = ({1} IS NULL)", "{0} = {1} + 1", "{0} + {1} <= 100")


@st.composite
def schemas(draw: st.DrawFn, product: str) -> str:
    """Tables `t0`, `t1`, ... of a few columns, with keys, checks and references to any of them, also in circles."""
    count = draw(st.integers(1, 4))
    tables, later = [], []
    for number in range(count):
        parts = [f"id {draw(st.sampled_from(('integer PRIMARY KEY', 'bigint NOT NULL UNIQUE')))}"]
        numbers = []
        for place in range(draw(st.integers(0, 4))):
            type_text = draw(st.sampled_from(TYPES[product]))
            words = draw(st.sampled_from(("", " NOT NULL", " UNIQUE", " NOT NULL UNIQUE")))
            parts.append(f"c{place} {type_text}{words}")
            if type_text in COUNTED:
                numbers.append(f"c{place}")
        for name in numbers:
            if draw(st.booleans()):
                parts.append(f"CHECK ({draw(st.sampled_from(CHECKS)).format(name)})")
        if len(numbers) > 1 and draw(st.booleans()):
            parts.append(f"CHECK ({draw(st.sampled_from(PAIRS)).format(*numbers)})")
        for place in range(draw(st.integers(0, 2))):
            target = draw(st.integers(0, count - 1))
            parts.insert(1, f"r{place} bigint{draw(st.sampled_from(('', ' NOT NULL', ' UNIQUE')))}")
            if product == "sqlite":
                parts.append(f"FOREIGN KEY (r{place}) REFERENCES t{target} (id)")
            else:
                later.append(f"ALTER TABLE t{number} ADD FOREIGN KEY (r{place}) REFERENCES t{target} (id);")
        tables.append(f"CREATE TABLE t{number} ({', '.join(parts)});")
    return "\n".join([*tables, *later])


USUAL = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@USUAL
@given(schemas("sqlite"))
def test_any_sqlite_schema_is_filled_or_named(sql: str) -> None:
    with sqlite_place() as place:
        place.script(sql)
        catalog = place.catalog()
        coverage = fill(place.ground, catalog)
        assert {table.table for table in coverage.tables} == {table.name for table in catalog.tables}
        assert [table.table for table in coverage.unfilled if not table.reason] == []
        assert [table.table for table in coverage.unfilled if not _may_be_empty(sql)] == []
        assert place.query("PRAGMA foreign_key_check") == []


@USUAL
@given(schemas("postgresql"))
def test_any_postgresql_schema_is_filled_or_named(url_of: Callable[[], str], sql: str) -> None:
    with postgresql_place(url_of()) as place:
        place.script(sql)
        catalog = place.catalog()
        coverage = fill(place.ground, catalog)
        assert {table.table for table in coverage.tables} == {table.name for table in catalog.tables}
        assert [table.table for table in coverage.unfilled if not table.reason] == []
        assert place.catalog() == catalog


def _may_be_empty(sql: str) -> bool:
    """Tell whether some check can never hold, or two of them may not go together."""
    return "< 0 AND" in sql or sql.count("CHECK") > 1
