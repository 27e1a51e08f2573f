"""Every statement of the catalogue of DDL is observed as the catalogue says, on several major versions."""

from __future__ import annotations

import pytest

from tests.migrations.observation.catalogue import ALONE, IN_TRANSACTION, Case
from tests.migrations.observation.conftest import MAJORS
from tests.migrations.observation.rehearsing import Rehearsal, as_case

pytestmark = pytest.mark.parametrize("rehearsal", MAJORS, indirect=True, scope="module")
KNOWN_EVERYWHERE = [case for case in IN_TRANSACTION if case.since <= min(MAJORS)]
YOUNGER = [case for case in IN_TRANSACTION if case.since > min(MAJORS)]
CONCURRENT_REFRESH = next(case for case in IN_TRANSACTION if case.name == "refresh a materialized view concurrently")


@pytest.mark.parametrize("case", KNOWN_EVERYWHERE, ids=lambda case: case.name)
def test_statement_in_a_transaction_is_observed(rehearsal: Rehearsal, case: Case) -> None:
    with rehearsal.prepared(case.setup):
        observation = rehearsal.observe(*case.before, case.statement)
    assert as_case(case, observation.statements[-1]) == case


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.name)
def test_statement_that_is_its_own_transaction_is_observed(rehearsal: Rehearsal, case: Case) -> None:
    with rehearsal.prepared(case.setup):
        observation = rehearsal.observe(case.statement, is_autocommit=True)
    assert as_case(case, observation.statements[-1]) == case


@pytest.mark.parametrize("case", YOUNGER, ids=lambda case: case.name)
def test_statement_of_a_younger_version_is_observed(rehearsal: Rehearsal, case: Case, major: int) -> None:
    if major < case.since:
        pytest.skip(f"PostgreSQL {major} does not know it")
    with rehearsal.prepared(case.setup):
        observation = rehearsal.observe(*case.before, case.statement)
    assert as_case(case, observation.statements[-1]) == case


def test_what_cannot_be_held_is_known_all_the_same(rehearsal: Rehearsal) -> None:
    # No lock of ours makes it wait: a materialized view cannot be locked by hand.
    with rehearsal.prepared(CONCURRENT_REFRESH.setup):
        observation = rehearsal.observe(CONCURRENT_REFRESH.statement, is_autocommit=True)
    locks = {lock.relation: lock.mode.key for lock in observation.statements[-1].locks if lock.mode > 3}
    assert locks == {"books.totals": "exclusive"}
