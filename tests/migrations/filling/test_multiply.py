"""A table of a few rows gets very many, whatever its keys, references and rules; what cannot be kept is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.migrating.filling import Breadth, fill
from pytest_dbops.migrating.filling.fences import without_forced_security
from pytest_dbops.migrating.filling.multiply import Multiplier, Variety
from pytest_dbops.migrating.filling.plan import planner_for
from tests.migrations.filling.places import Case, Place, load_zoo, postgresql_place, sqlite_place

ROWS = 300
POSTGRESQL = [case for case in load_zoo("postgresql") if not case.needs]
SQLITE = load_zoo("sqlite")
REFUSED = {
    "check that cannot be read": "it has none",
    "few values in a unique key": "duplicate key value violates unique constraint",
    "short unique codes": "duplicate key value violates unique constraint",
    "circle that is never null": "it has none",
    "circle of three, deferred": "it has none",
    "exclusion": "conflicting key value violates exclusion constraint",
    "no columns": "syntax error",
}
"""Cases of the zoo in which a table has no room for more, or has to be filled in another way."""


def grown(place: Place, case: Case, variety: Variety) -> set[str]:
    """Return why tables of a case could not be given all their rows; nothing for a case that could."""
    place.script(case.sql)
    catalog = place.catalog()
    fill(place.ground, catalog, planner=planner_for(catalog, Breadth.ORDINARY, first=7_000))
    multiplier = Multiplier(place.ground, catalog)
    refused = set()
    tables = multiplier.in_order([f"{each.schema}.{each.name}" for each in catalog.tables if not each.is_partition])
    with without_forced_security(place.ground, catalog):
        for name in tables:
            try:
                assert multiplier.grow(name, ROWS, variety) >= ROWS
            except CannotJudge as err:
                refused.add(str(err))
    return {each for each in refused if REFUSED.get(case.name, "nothing") not in each}


def test_tables_of_the_postgresql_zoo_are_multiplied(url_of: Callable[[int | None], str]) -> None:
    found = {}
    for case in POSTGRESQL:
        with postgresql_place(url_of(None)) as place:
            if case.since <= place.catalog().server_version // 10_000:
                found[case.name] = grown(place, case, Variety.ALL)
    assert {name: refused for name, refused in found.items() if refused} == {}


@pytest.mark.parametrize("variety", Variety)
def test_tables_of_the_sqlite_zoo_are_multiplied(variety: Variety) -> None:
    found = {}
    for case in SQLITE:
        with sqlite_place() as place:
            found[case.name] = grown(place, case, variety)
    assert {name: refused for name, refused in found.items() if refused} == {}
