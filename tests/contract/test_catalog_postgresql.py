"""Every attribute of every PostgreSQL object shows in the fingerprint; what means nothing does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from pytest_dbops.core.catalog import Catalog, ColumnReference, diff
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.scratch import ScratchServer
from tests.contract.catalog_cases import Case
from tests.contract.museum import ALTERATIONS, HARMLESS, MAJORS, Museum, opened_museum


@pytest.fixture(scope="module", params=MAJORS)
def museum(request: pytest.FixtureRequest, start_postgres: Callable[[int], ScratchServer]) -> Iterator[Museum]:
    """The museum on a server of each major that this machine has."""
    with opened_museum(start_postgres(request.param), request.param) as museum:
        yield museum


@pytest.mark.parametrize("case", ALTERATIONS, ids=lambda case: case.name)
def test_altering_one_attribute_changes_the_fingerprint(museum: Museum, case: Case) -> None:
    if museum.major < case.since:
        pytest.skip(f"PostgreSQL {museum.major} does not know this, {case.since} does")
    after = museum.after(case.sql)
    facets = {difference.facet for difference in diff(museum.catalog, after).differences}
    assert case.facets <= facets <= case.facets | case.also
    assert after.fingerprint != museum.catalog.fingerprint


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_harmless_change_leaves_the_fingerprint_equal(museum: Museum, case: Case) -> None:
    after = museum.after(case.sql)
    difference = diff(museum.catalog, after)
    assert {item.facet for item in difference.differences} == case.facets, difference.render()
    assert after.fingerprint == museum.catalog.fingerprint


def test_foreign_key_to_a_partitioned_table_is_listed_once(museum: Museum) -> None:
    after = museum.after(
        "CREATE TABLE days (day integer PRIMARY KEY) PARTITION BY LIST (day);"
        "CREATE TABLE days_1 PARTITION OF days FOR VALUES IN (1);"
        "ALTER TABLE alone ADD CONSTRAINT alone_days_fk FOREIGN KEY (id) REFERENCES days (day)"
    )
    assert [key.name for key in after.table("public", "alone").foreign_keys] == ["alone_days_fk"]
    (inherited,) = after.table("public", "days_1").indexes
    assert (inherited.parent, inherited.constraint) == ("days_pkey", "days_1_pkey")


def test_extension_stands_for_its_own_objects(museum: Museum) -> None:
    known = {extension.name for extension in museum.catalog.extensions}
    assert known == {"plpgsql"}
    assert not [item for item in museum.catalog.others if item.name == "plpgsql"]


def test_every_kind_of_object_is_in_the_museum(museum: Museum) -> None:
    kinds = {item.kind for item in museum.catalog.others}
    assert len(kinds) == 18
    assert museum.catalog.table("public", "distant").server == "remote"
    assert museum.catalog.sequence("app", "elsewhere_id_seq").owned_by == ColumnReference("app", "elsewhere", "id")


def test_expression_of_an_index_reads_the_same_alone_and_beside_others(museum: Museum) -> None:
    after = museum.after(
        "CREATE INDEX one ON item ((note || tag)); CREATE INDEX two ON item ((note || tag), (id * 2), lower(note), id)"
    )
    item = after.table("public", "item")
    (alone,) = item.index("one").keys
    beside = item.index("two").keys
    assert alone.expression == beside[0].expression == "(note || tag)"
    assert [key.expression for key in beside[1:]] == ["(id * 2)", "lower(note)", None]
    assert [key.column for key in beside] == [None, None, None, "id"]


def test_catalog_survives_being_written_as_json(museum: Museum) -> None:
    again = from_json(Catalog, json.loads(json.dumps(to_json(museum.catalog))))
    assert again == museum.catalog
    assert again.fingerprint == museum.catalog.fingerprint
