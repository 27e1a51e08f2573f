"""Every defect is found, in the revision that has it, and nothing is found in a clean one."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.migrations.declared_irreversible import declared_irreversible
from pytest_dbops.core.walk import DowngradeRule, Walk
from tests.migrations.conftest import MakeProject
from tests.migrations.defects import CLEAN, DEFECTS, ORDER, ROW_DEFECTS, Case
from tests.migrations.expected import EXPECTED
from tests.migrations.expected_rows import EXPECTED_ROWS
from tests.migrations.project import CHECKS, PRODUCTS, said_of

OF_STEPS = ("applies", "reverses", "reapplies")
OF_ROWS = ("keeps_data", "locks", "compatible")


def each(*cases: Case) -> pytest.MarkDecorator:
    """Parametrise over products and the cases that exist there."""
    found = [(product, case) for product in PRODUCTS for case in cases if product in case.products]
    return pytest.mark.parametrize(
        ("walk", "case"), found, ids=[f"{product}-{case.name}" for product, case in found], indirect=["walk"]
    )


@pytest.fixture(scope="module")
def walks() -> dict[str, Walk]:
    """The walk of each product, made when it is first needed."""
    return {}


@pytest.fixture
def walk(request: pytest.FixtureRequest, walks: dict[str, Walk], make_project: MakeProject) -> Walk:
    """The walk over one history of all cases of a product."""
    product: str = request.param
    if product not in walks:
        project = make_project(product)
        for case in (*DEFECTS, *ROW_DEFECTS, *CLEAN, ORDER):
            if product in case.products:
                project.revision(f"{case.name}a", None, case.base, "raise NotImplementedError('the base of a case')")
                project.revision(case.guilty, f"{case.name}a", case.upgrade, case.downgrade)
        walks[product] = project.walk()
    return walks[product]


@each(*DEFECTS, ORDER)
def test_defect_is_found_in_its_revision(walk: Walk, case: Case) -> None:
    assert said_of(walk, case.guilty, OF_STEPS) == EXPECTED[walk.dialect][case.guilty]


@each(*CLEAN)
def test_nothing_is_found_in_a_clean_revision(walk: Walk, case: Case) -> None:
    assert said_of(walk, case.guilty, OF_STEPS) == []


@each(*DEFECTS, *ROW_DEFECTS, *CLEAN, ORDER)
def test_rows_show_what_they_must_and_no_more(walk: Walk, case: Case) -> None:
    said = said_of(walk, case.guilty, OF_ROWS)
    shown = [(each.of, (each.severity or CHECKS[each.of].severity).name, each.message) for each in said]
    assert shown == EXPECTED_ROWS[walk.dialect].get(case.guilty, [])


@each(*DEFECTS, *ROW_DEFECTS, *CLEAN, ORDER)
def test_neighbour_of_a_case_is_not_blamed(walk: Walk, case: Case) -> None:
    found = walk.revision(f"{case.name}a")
    assert found is not None
    assert (found.is_applied, found.irreversible) == (True, "the base of a case")


@each(*(case for case in DEFECTS if case.name == "d19"))
def test_declared_irreversible_is_listed_with_its_words(walk: Walk, case: Case) -> None:
    found = {each.subject: each.message for each in declared_irreversible(walk, DowngradeRule.DECLARED)}
    assert found[case.guilty].startswith("'d19b' is declared irreversible (migrations/versions/d19b.py:")
    assert found[case.guilty].endswith("): the rows are merged for good")
