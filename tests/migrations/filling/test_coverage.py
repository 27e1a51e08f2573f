"""What is told of a filling: boundary classes, refusals in the server's words, tables left out with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.rehearsed import Coverage, Refusal, TableCoverage
from pytest_dbops.migrating.filling import Breadth, fill, plan_fill, vocabulary_of
from pytest_dbops.migrating.filling.postgresql import family_of as postgresql_family
from tests.migrations.filling.places import Place, load_zoo, postgresql_place, sqlite_place

PLAIN_TYPES = next(case.sql for case in load_zoo("postgresql") if case.name == "every plain type")


@pytest.fixture
def place() -> Iterator[Place]:
    with sqlite_place() as home:
        yield home


@pytest.fixture
def postgresql(url_of: Callable[[], str]) -> Iterator[Place]:
    with postgresql_place(url_of()) as home:
        yield home


def only(coverage: Coverage) -> TableCoverage:
    (table,) = coverage.tables
    return table


def test_every_boundary_of_every_plain_type_is_covered(postgresql: Place) -> None:
    postgresql.script(PLAIN_TYPES)
    catalog = postgresql.catalog()
    covered = set(only(fill(postgresql.ground, catalog)).covered)
    families = {column.name: postgresql_family(column.type, "x", catalog) for column in catalog.tables[0].columns}
    edges = {f"{name}: {edge.label}" for name, family in families.items() if family for edge in family.edges}
    assert sorted(edges - covered) == []
    assert {f"{name}: NULL" for name in families} <= covered
    assert "whole row: duplicate" in covered


def test_boundary_values_arrive_as_they_were_meant(postgresql: Place) -> None:
    postgresql.script("CREATE TABLE t (a varchar(12), b bytea, c numeric(6,2), d timestamptz, e text[])")
    fill(postgresql.ground, postgresql.catalog())
    texts = {row[0] for row in postgresql.query("SELECT a FROM t")}
    assert {
        None,
        "",
        "abcdefghijkl",
        "Zoe\u0308 \U0001f9ee\U0001d518 \u05e9\u05dc\u05d5\u05dd",
        " it's 100% \\",
    } <= texts
    assert postgresql.query("SELECT max(length(b)), min(length(b)) FROM t") == [(258, 0)]
    assert postgresql.query("SELECT count(DISTINCT c) FROM t WHERE c IN (9999.99, -9999.99, 0.01, 'NaN')") == [(4,)]
    assert postgresql.query("SELECT count(*) > 2 FROM t WHERE NOT isfinite(d) OR d < '0001-01-01'") == [(True,)]
    assert postgresql.query("SELECT count(DISTINCT e) FROM t WHERE e = '{}' OR array_position(e, NULL) > 0") == [(2,)]


@pytest.mark.parametrize(
    ("breadth", "unwanted"),
    [
        (Breadth.USUAL, ("infinity", "BC", "NaN", "Infinity")),
        (Breadth.PLAIN, ("infinity", "BC", "NaN", "9999-12-31", "9223372036854775807")),
    ],
)
def test_narrower_breadth_leaves_out_what_is_farther(
    postgresql: Place, breadth: Breadth, unwanted: tuple[str, ...]
) -> None:
    postgresql.script(PLAIN_TYPES)
    plan = plan_fill(postgresql.catalog(), breadth=breadth)
    literals = " ".join(value.literal for row in plan.groups[0][0].rows for value in row.values.values())
    assert [word for word in unwanted if word in literals] == []


def test_ordinary_rows_have_nothing_unusual(place: Place) -> None:
    place.script("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x', b TEXT CHECK (b IN ('y', 'z')));")
    table = only(fill(place.ground, place.catalog(), breadth=Breadth.ORDINARY))
    assert (table.rows, table.covered) == (3, ())


def test_refused_class_is_told_in_the_servers_words(place: Place) -> None:
    place.script("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CONSTRAINT short CHECK (a NOT GLOB '*j*'));")
    table = only(fill(place.ground, place.catalog()))
    assert Refusal(("a: long text",), "CHECK constraint failed: short") in table.refused
    assert "a: empty text" in table.covered
    assert table.rows >= 5


def test_contradiction_is_named(place: Place) -> None:
    place.script(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CONSTRAINT never CHECK (n < 0 AND n > 0));"
    )
    table = only(fill(place.ground, place.catalog()))
    assert (table.is_filled, table.reason) == (False, "no values were found that keep all its rules (never)")


def test_table_whose_target_is_empty_is_named(place: Place) -> None:
    place.script(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n < 0 AND n > 0));"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL REFERENCES a (id));"
    )
    coverage = fill(place.ground, place.catalog())
    assert [table.reason for table in coverage.tables][1] == "a_id refers to a, which has no rows"


def test_table_that_refuses_everything_is_named_after_bounded_attempts(place: Place) -> None:
    place.script(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, state TEXT, n INTEGER);"
        "\nCREATE TRIGGER never BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'closed for good'); END;"
    )
    table = only(fill(place.ground, place.catalog()))
    assert (table.rows, table.reason) == (0, "closed for good")


def test_table_that_would_end_the_transaction_is_left_alone(place: Place) -> None:
    place.script(
        "CREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE t (id INTEGER PRIMARY KEY, state TEXT);"
        "\nCREATE TRIGGER never BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'gone'); END;"
    )
    coverage = fill(place.ground, place.catalog())
    assert {table.table: table.reason for table in coverage.unfilled} == {
        "t": "a row that it refuses would roll the whole transaction back"
    }


def test_words_of_the_models_are_used_for_text(place: Place) -> None:
    metadata = sa.MetaData()
    sa.Table("study", metadata, sa.Column("direction", sa.Enum("UP", "DOWN", native_enum=False)))
    place.script("CREATE TABLE study (direction VARCHAR(4) NOT NULL);CREATE TABLE old (direction TEXT, other TEXT);")
    fill(place.ground, place.catalog(), vocabulary=vocabulary_of(metadata))
    assert sorted(place.query("SELECT DISTINCT direction FROM study")) == [("DOWN",), ("UP",)]
    found = place.query("SELECT DISTINCT direction FROM old WHERE direction IS NOT NULL")
    assert sorted(found) == [("DOWN",), ("UP",)]
    assert len(place.query("SELECT DISTINCT other FROM old")) > 4


def test_what_holds_uuids_for_sqlalchemy_gets_uuids_unless_a_rule_asks_for_others() -> None:
    with sqlite_place() as place:
        place.script("CREATE TABLE t (id CHAR(32) PRIMARY KEY, word CHAR(32) NOT NULL CHECK (word IN ('x', 'y')));")
        assert only(fill(place.ground, place.catalog())).rows >= 3
        ids = [str(row[0]) for row in place.query("SELECT id FROM t")]
        assert [uuid.UUID(each).hex for each in ids] == ids
        assert sorted(place.query("SELECT DISTINCT word FROM t")) == [("x",), ("y",)]


def test_virtual_table_is_left_out_with_the_reason(place: Place) -> None:
    place.script("CREATE VIRTUAL TABLE t USING fts5(a);")
    assert only(fill(place.ground, place.catalog())).reason == "its module decides what it takes"


def test_only_the_tables_asked_for_are_filled_and_refer_to_what_is_there(place: Place) -> None:
    place.script(
        "CREATE TABLE a (code TEXT PRIMARY KEY); INSERT INTO a VALUES ('first');"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a TEXT NOT NULL REFERENCES a (code));"
    )
    coverage = fill(place.ground, place.catalog(), only=frozenset({("main", "b")}))
    assert [table.table for table in coverage.tables] == ["b"]
    assert place.query("SELECT DISTINCT a FROM b") == [("first",)]
    assert place.query("SELECT count(*) FROM a") == [(1,)]


def test_counters_are_behind_the_rows(postgresql: Place) -> None:
    postgresql.script("CREATE TABLE t (id serial PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY, note text)")
    fill(postgresql.ground, postgresql.catalog())
    postgresql.script("INSERT INTO t (note) VALUES ('next')")
    tops = postgresql.query("SELECT max(id), max(n) FROM t")
    assert postgresql.query("SELECT id, n FROM t WHERE note = 'next'") == tops


def test_deferred_rules_are_deferred_again(postgresql: Place) -> None:
    postgresql.script(
        "CREATE TABLE a (id integer PRIMARY KEY);CREATE TABLE b (id integer REFERENCES a DEFERRABLE INITIALLY DEFERRED)"
    )
    fill(postgresql.ground, postgresql.catalog())
    assert postgresql.ground.attempt("INSERT INTO b VALUES (12345)") == ""


def test_coverage_travels_as_json(place: Place) -> None:
    place.script("CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(3) NOT NULL);")
    coverage = fill(place.ground, place.catalog())
    assert from_json(Coverage, to_json(coverage)) == coverage
    assert coverage.summary.startswith("1 of 1 tables filled, ")
