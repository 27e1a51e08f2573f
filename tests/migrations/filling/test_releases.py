"""What the running release needs and the next schema takes away is named: table, column, kind, safe order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.rehearsed import Breakage, CompatibilityFailure
from pytest_dbops.migrating.filling import fill
from pytest_dbops.migrating.losses import read_contents
from pytest_dbops.migrating.releases import Release, broken_by, record_release
from tests.migrations.filling.places import Place, postgresql_place, sqlite_place

SCHEMA = """
CREATE TABLE customer (id integer PRIMARY KEY, name varchar(10) NOT NULL, phone text DEFAULT 'none', points integer);
CREATE TABLE invoice (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id), cents integer);
"""


@pytest.fixture(params=("postgresql", "sqlite"))
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


@pytest.fixture
def release(place: Place) -> Release:
    return record_release(place.ground, place.catalog())


def broken(place: Place, release: Release, up: str) -> list[tuple[str, str, Breakage]]:
    place.script(up)
    return [(each.table, each.column, each.breakage) for each in broken_by(place.ground, release, place.catalog())]


def test_release_has_every_verb_on_every_table(release: Release) -> None:
    assert [(each.verb, each.column) for each in release.statements if each.table[1] == "customer"] == [
        ("SELECT", ""),
        ("INSERT", ""),
        ("UPDATE", "name"),
        ("UPDATE", "phone"),
        ("UPDATE", "points"),
        ("DELETE", ""),
        ("INSERT without defaults", ""),
        ("INSERT of a duplicate", ""),
    ]


def test_recording_and_trying_leave_no_trace(place: Place, release: Release) -> None:
    catalog = place.catalog()
    before = read_contents(place.ground, catalog)
    assert broken_by(place.ground, release, catalog) == ()
    assert read_contents(place.ground, catalog) == before


@pytest.mark.parametrize(
    "up",
    [
        "ALTER TABLE customer ADD COLUMN vat text;",
        "ALTER TABLE customer ADD COLUMN vat text NOT NULL DEFAULT '';",
        "CREATE TABLE visit (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer (id));",
        "CREATE INDEX i ON customer (name);",
    ],
)
def test_additions_break_nothing(place: Place, release: Release, up: str) -> None:
    assert broken(place, release, up) == []


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        ("DROP TABLE invoice;", ("invoice", "", Breakage.TABLE_MISSING)),
        ("ALTER TABLE invoice RENAME TO bill;", ("invoice", "", Breakage.TABLE_MISSING)),
        ("ALTER TABLE customer DROP COLUMN points;", ("customer", "points", Breakage.COLUMN_MISSING)),
        ("ALTER TABLE customer RENAME COLUMN phone TO tel;", ("customer", "phone", Breakage.COLUMN_MISSING)),
        ("ALTER TABLE invoice RENAME COLUMN id TO number;", ("invoice", "id", Breakage.COLUMN_MISSING)),
        ("CREATE UNIQUE INDEX u ON invoice (customer_id);", ("invoice", "customer_id", Breakage.RULE_ADDED)),
    ],
)
def test_what_is_taken_away_is_named(place: Place, release: Release, up: str, expected: tuple[object, ...]) -> None:
    place.ground.run("DELETE FROM invoice WHERE id NOT IN (SELECT min(id) FROM invoice GROUP BY customer_id)")
    assert broken(place, release, up) == [expected]


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        (
            "UPDATE customer SET points = 0; ALTER TABLE customer ADD COLUMN vat text NOT NULL DEFAULT '';"
            "ALTER TABLE customer ALTER vat DROP DEFAULT;",
            ("customer", "vat", Breakage.VALUE_REQUIRED),
        ),
        (
            "ALTER TABLE customer ALTER phone DROP DEFAULT; UPDATE customer SET phone = ''; "
            "ALTER TABLE customer ALTER phone SET NOT NULL;",
            ("customer", "phone", Breakage.VALUE_REQUIRED),
        ),
        (
            "ALTER TABLE customer ALTER name TYPE integer USING 1;",
            ("customer", "name", Breakage.TYPE_CHANGED),
        ),
        (
            "ALTER TABLE invoice DROP COLUMN id; ALTER TABLE invoice ADD COLUMN id uuid PRIMARY KEY"
            " DEFAULT gen_random_uuid(); ALTER TABLE invoice ALTER id DROP DEFAULT;",
            ("invoice", "id", Breakage.TYPE_CHANGED),
        ),
        (
            "ALTER TABLE customer ADD CHECK (length(name) > 100) NOT VALID;",
            ("customer", "name", Breakage.RULE_ADDED),
        ),
    ],
)
def test_what_postgresql_alters_is_named(
    url_of: Callable[[], str], up: str, expected: tuple[str, str, Breakage]
) -> None:
    with postgresql_place(url_of()) as place:
        place.script(SCHEMA)
        fill(place.ground, place.catalog())
        release = record_release(place.ground, place.catalog())
        assert broken(place, release, up) == [expected]


def test_failure_tells_what_fails_and_which_order_is_safe(place: Place, release: Release) -> None:
    place.script("ALTER TABLE customer DROP COLUMN points;")
    (failure,) = broken_by(place.ground, release, place.catalog())
    assert failure.line == (
        "customer.points: SELECT, INSERT, UPDATE, INSERT without defaults, INSERT of a duplicate"
        " of the running release fail (column missing)"
    )
    assert failure.order == "release code that no longer uses it first, drop it one release later"
    assert from_json(CompatibilityFailure, to_json(failure)) == failure
