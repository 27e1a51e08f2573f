"""Data that a downgrade does not give back is charged by table and column, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from pytest_dbops.core.catalog import Catalog, Column, Table
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.rehearsed import LossAccount
from pytest_dbops.migrating.filling import fill
from pytest_dbops.migrating.losses import Contents, TableContents, account, read_contents
from tests.migrations.filling.places import Place, postgresql_place, sqlite_place

PRODUCTS = ("postgresql", "sqlite")
SCHEMA = """
CREATE TABLE customer (id integer PRIMARY KEY, name varchar(10) NOT NULL, phone text DEFAULT 'none', points integer);
CREATE TABLE visit (at date, what varchar(10));
"""


@pytest.fixture(params=PRODUCTS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A filled schema in an open transaction."""
    opened: AbstractContextManager[Place]
    if request.param == "sqlite":
        opened = sqlite_place()
    else:
        url_of: Callable[[], str] = request.getfixturevalue("url_of")
        opened = postgresql_place(url_of())
    with opened as home:
        home.script(SCHEMA)
        assert fill(home.ground, home.catalog()).unfilled == ()
        yield home


def charged(place: Place, up: str, down: str) -> LossAccount:
    """Run an upgrade and a downgrade, and return the account of them."""
    catalog = place.catalog()
    before = read_contents(place.ground, catalog)
    place.script(up)
    between = place.catalog()
    place.script(down)
    after = place.catalog()
    return account(before, read_contents(place.ground, after), catalog, after, between=between)


def test_nothing_is_charged_where_nothing_changed(place: Place) -> None:
    found = charged(place, "ALTER TABLE customer ADD COLUMN vat text;", "ALTER TABLE customer DROP COLUMN vat;")
    assert found == LossAccount()


def test_keys_that_are_one_number_and_two_texts_are_two_rows() -> None:
    table = Table("public", "codes", (Column("code", 1, "text", not_null=True),))
    catalog = Catalog("postgresql", 150_000, tables=(table,))
    held, again = (
        Contents({("public", "codes"): TableContents(("code",), ("code",), (("1",), ("1.0",)))}) for _ in range(2)
    )
    assert account(held, again, catalog, catalog) == LossAccount()


def test_inverse_change_of_data_is_no_loss(place: Place) -> None:
    up = "UPDATE customer SET phone = 'a' || phone;"
    down = "UPDATE customer SET phone = substr(phone, 2);"
    assert charged(place, up, down).lines == ()


def test_column_that_is_dropped_and_made_again_has_lost_its_values(place: Place) -> None:
    found = charged(place, "ALTER TABLE customer DROP COLUMN phone;", "ALTER TABLE customer ADD COLUMN phone text;")
    (line,) = found.lines
    held = place.query("SELECT count(*) FROM customer")[0][0] - 1  # one row had NULL
    assert line == (
        f"customer.phone: {held} of {held} values lost"
        " (NULL after the downgrade: the column was dropped and made again)"
    )  # fmt: skip


def test_column_that_is_made_again_with_its_default_is_charged(place: Place) -> None:
    up = "ALTER TABLE customer DROP COLUMN phone;"
    found = charged(place, up, "ALTER TABLE customer ADD COLUMN phone text DEFAULT 'none';")
    (line,) = found.lines
    assert line.startswith("customer.phone: ")
    assert "default filled in" in line


def test_change_of_data_that_is_not_undone_is_charged(place: Place) -> None:
    found = charged(place, "UPDATE customer SET name = upper(name);", "SELECT 1;")
    (table,) = found.tables
    assert [(loss.column, loss.kind.split(",")[0]) for loss in table.columns] == [("name", "capitals changed")]


def test_text_that_was_cut_is_charged_with_both_lengths(place: Place) -> None:
    found = charged(place, "UPDATE customer SET name = substr(name, 1, 3);", "SELECT 1;")
    (line,) = found.lines
    assert line.startswith("customer.name: ")
    assert line.endswith("values changed (text cut from 10 to 3 characters)")


def test_rows_that_are_gone_are_charged_by_their_key(place: Place) -> None:
    rows = place.query("SELECT count(*) FROM customer")[0][0]
    found = charged(place, "DELETE FROM customer WHERE id = 1;", "SELECT 1;")
    (table,) = found.tables
    assert (table.lines, table.evidence) == ((f"customer: 1 of {rows} rows lost",), ("id=1",))


def test_table_that_is_made_again_has_lost_all_rows(place: Place) -> None:
    rows = place.query("SELECT count(*) FROM visit")[0][0]
    found = charged(place, "DROP TABLE visit;", "CREATE TABLE visit (at date, what varchar(10));")
    assert found.lines == (f"visit: {rows} of {rows} rows lost (the table was dropped and made again)",)


def test_table_that_does_not_come_back_has_lost_all_rows(place: Place) -> None:
    rows = place.query("SELECT count(*) FROM visit")[0][0]
    assert charged(place, "DROP TABLE visit;", "SELECT 1;").lines == (
        f"visit: {rows} of {rows} rows lost (the table is gone)",
    )


def test_column_that_does_not_come_back_is_charged(place: Place) -> None:
    found = charged(place, "ALTER TABLE customer DROP COLUMN points;", "SELECT 1;")
    assert [loss.kind for loss in found.tables[0].columns] == ["the column is gone"]


def test_changed_column_is_found_in_a_table_without_a_key(place: Place) -> None:
    found = charged(place, "UPDATE visit SET what = NULL;", "SELECT 1;")
    (table,) = found.tables
    assert (table.lost, table.gained) == (0, 0)
    assert [(loss.column, loss.kind) for loss in table.columns] == [("what", "NULL after the downgrade")]


def test_row_that_is_more_than_before_is_told(place: Place) -> None:
    found = charged(place, "INSERT INTO visit VALUES ('2020-01-01', 'late');", "SELECT 1;")
    assert found.lines == ("visit: 1 rows more than before",)


def test_new_rule_that_filled_rows_break_fails_the_upgrade(place: Place) -> None:
    assert place.ground.attempt("CREATE UNIQUE INDEX u ON visit (what)") != ""
    assert place.ground.attempt("ALTER TABLE customer ADD COLUMN vat text NOT NULL") != ""


def test_values_are_not_in_the_account(place: Place) -> None:
    place.ground.run("UPDATE customer SET name = 'Ada Secret'")
    found = charged(place, "UPDATE customer SET name = 'x', phone = 'y';", "SELECT 1;")
    assert "Secret" not in str(to_json(found))
    assert found.tables[0].columns[0].evidence[0].before == "text of 10 characters"


def test_digest_is_of_what_is_lost_not_of_the_rows_shown(place: Place) -> None:
    up = "UPDATE customer SET name = 'x' WHERE id = (SELECT {}(id) FROM customer);"
    with place.ground.undone():
        first = charged(place, up.format("min"), "SELECT 1;")
    with place.ground.undone():
        second = charged(place, up.format("max"), "SELECT 1;")
    other = charged(place, "UPDATE customer SET phone = 'x' WHERE id = 1;", "SELECT 1;")
    assert first.tables[0].columns[0].evidence != second.tables[0].columns[0].evidence
    assert (first.digest == second.digest, first.digest == other.digest) == (True, False)
    assert from_json(LossAccount, to_json(first)) == first


def test_rows_behind_forced_policies_are_read(url_of: Callable[[], str]) -> None:
    with postgresql_place(url_of()) as place:
        place.script(
            "CREATE TABLE t (id integer PRIMARY KEY, note json);"
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY"
        )
        coverage = fill(place.ground, place.catalog())
        assert place.query("SELECT count(*) FROM t") == [(0,)]
        assert len(read_contents(place.ground, place.catalog()).tables["public", "t"].rows) == coverage.rows
        assert charged(place, "ALTER TABLE t ALTER note TYPE jsonb", "ALTER TABLE t ALTER note TYPE json").is_empty


def test_text_of_values_does_not_depend_on_the_session(url_of: Callable[[], str]) -> None:
    with postgresql_place(url_of()) as place:
        place.script("CREATE TABLE t (a timestamptz, b date, c bytea, d interval, e double precision)")
        fill(place.ground, place.catalog())
        before = read_contents(place.ground, place.catalog())
        place.script(
            "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET bytea_output = 'escape';"
            "SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -5"
        )
        assert read_contents(place.ground, place.catalog()) == before
        assert place.query("SHOW TimeZone") == [("Asia/Tokyo",)]
