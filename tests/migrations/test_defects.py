"""Every defect is found, in the revision that has it, and nothing is found in a clean one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest

from pytest_dbops.checks.migrations.declared_irreversible import declared_irreversible
from pytest_dbops.core.walk import Depth, DowngradeRule, StepName, Walk
from pytest_dbops.operations.shared import SharedPieces
from tests.migrations.conftest import MakeProject
from tests.migrations.defects import CLEAN, DEFECTS, ORDER, ROW_DEFECTS, Case
from tests.migrations.expected import EXPECTED
from tests.migrations.expected_more import EXPECTED_MORE
from tests.migrations.expected_rows import EXPECTED_ROWS
from tests.migrations.more_defects import MORE
from tests.migrations.project import CHECKS, PRODUCTS, Project, said_of
from tests.migrations.renamed import renamed, renamed_case

ALL = (*DEFECTS, *ROW_DEFECTS, *CLEAN, ORDER, *MORE)
OF_STEPS = ("applies", "reverses", "reapplies")
OF_ROWS = ("keeps_data", "locks", "compatible")


def each(*cases: Case) -> pytest.MarkDecorator:
    """Parametrise over products and the cases that exist there."""
    found = [(product, case) for product in PRODUCTS for case in cases if product in case.products]
    return pytest.mark.parametrize(
        ("walk", "case"), found, ids=[f"{product}-{case.name}" for product, case in found], indirect=["walk"]
    )


def told(walk: Walk, revision: str, of: Collection[str] = tuple(CHECKS)) -> list[tuple[str, str, str]]:
    """Return check, severity and message of all that is said of a revision."""
    said = said_of(walk, revision, of)
    return [(each.of, (each.severity or CHECKS[each.of].severity).name, each.message) for each in said]


def walk_over(project: Project, cases: Iterable[Case], depth: Depth = Depth.FULL) -> Walk:
    """Return the walk over one history of cases."""
    for case in cases:
        if project.product in case.products:
            project.revision(f"{case.name}a", None, case.base, "raise NotImplementedError('the base of a case')")
            project.revision(case.guilty, f"{case.name}a", case.upgrade, case.downgrade)
    return project.walk(depth)


@pytest.fixture
def walk(request: pytest.FixtureRequest, pieces: SharedPieces, make_project: MakeProject) -> Walk:
    """The walk over one history of all cases of a product."""
    product: str = request.param
    return pieces.get(f"defects-{product}", Walk, lambda: walk_over(make_project(product), ALL))


@each(*DEFECTS, ORDER)
def test_defect_is_found_in_its_revision(walk: Walk, case: Case) -> None:
    assert said_of(walk, case.guilty, OF_STEPS) == EXPECTED[walk.dialect][case.guilty]


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_same_is_found_where_no_second_upgrade_is_asked_for(product: str, make_project: MakeProject) -> None:
    asked = ("applies", "reverses")
    schemas, down = (walk_over(make_project(product), ALL, depth) for depth in (Depth.SCHEMAS, Depth.DOWN))
    assert len(down.revisions) == len(schemas.revisions) > 80
    found = {each.revision: said_of(down, each.revision, asked) for each in down.revisions}
    assert found == {each.revision: said_of(schemas, each.revision, asked) for each in schemas.revisions}
    again = {each.revision for each in down.revisions if each.step(StepName.UPGRADE_AGAIN)}
    alone = {each.revision for each in schemas.revisions if each.step(StepName.UPGRADE_AGAIN)} - again
    assert len(alone) > 20
    assert again <= (commits_by_itself(ALL) if product == "postgresql" else set())


def commits_by_itself(cases: Iterable[Case]) -> set[str]:
    """Return the revisions that have to be put in again, since nothing takes back what their downgrade did."""
    return {case.guilty for case in cases if "autocommit_block" in (case.downgrade or "")}


@each(*CLEAN)
def test_nothing_is_found_in_a_clean_revision(walk: Walk, case: Case) -> None:
    assert said_of(walk, case.guilty, OF_STEPS) == []


@each(*DEFECTS, *ROW_DEFECTS, *CLEAN, ORDER)
def test_rows_show_what_they_must_and_no_more(walk: Walk, case: Case) -> None:
    assert told(walk, case.guilty, OF_ROWS) == EXPECTED_ROWS[walk.dialect].get(case.guilty, [])


@each(*MORE)
def test_everything_is_said_of_a_revision_and_no_more(walk: Walk, case: Case) -> None:
    assert told(walk, case.guilty) == EXPECTED_MORE[walk.dialect].get(case.guilty, [])


@pytest.mark.parametrize("product", PRODUCTS)
def test_all_holds_when_every_identifier_is_renamed(
    product: str, pieces: SharedPieces, make_project: MakeProject, pytestconfig: pytest.Config
) -> None:
    if product == "postgresql" and pytestconfig.getoption("--faults") == "sample":
        pytest.skip("the names are turned in a second walk of all cases: --faults=full")
    first = pieces.get(f"defects-{product}", Walk, lambda: walk_over(make_project(product), ALL))
    again = walk_over(make_project(product), map(renamed_case, ALL))
    cases = [case.guilty for case in ALL if product in case.products]
    assert {renamed(case): told(again, renamed(case)) for case in cases} == {
        renamed(case): [(of, severity, renamed(message)) for of, severity, message in told(first, case)]
        for case in cases
    }


@each(*ALL)
def test_neighbour_of_a_case_is_not_blamed(walk: Walk, case: Case) -> None:
    found = walk.revision(f"{case.name}a")
    assert found is not None
    assert (found.is_applied, found.irreversible) == (True, "the base of a case")


@each(*(case for case in DEFECTS if case.name == "d19"))
def test_declared_irreversible_is_listed_with_its_words(walk: Walk, case: Case) -> None:
    found = {each.subject: each.message for each in declared_irreversible(walk, DowngradeRule.DECLARED)}
    assert found[case.guilty].startswith("'d19b' is declared irreversible (migrations/versions/d19b.py:")
    assert found[case.guilty].endswith("): the rows are merged for good")
