"""ACC003."""

from __future__ import annotations

from pytest_dbops.core.outcome import Outcome
from tests.checks.privacy.asked import Books


def test_other_owners_are_found_and_its_hints_mend_them(books: Books) -> None:
    books.run(
        "CREATE TABLE by_hand (id bigserial PRIMARY KEY)",
        "ALTER TABLE by_hand OWNER TO APP",
        "ALTER VIEW names OWNER TO APP",
        "ALTER FUNCTION one() OWNER TO APP",
        "ALTER SEQUENCE numbers OWNER TO APP",
    )
    matrix = 'access.owner = "dbops_owner"'
    assert books.told("ACC003", matrix) == [
        "'by_hand' belongs to role 'APP'; the matrix declares 'dbops_owner'",
        "'names' belongs to role 'APP'; the matrix declares 'dbops_owner'",
        "'numbers' belongs to role 'APP'; the matrix declares 'dbops_owner'",
        "'one()' belongs to role 'APP'; the matrix declares 'dbops_owner'",
    ]
    assert books.mended("ACC003", matrix) == []


def test_the_declared_owner_is_in_order(books: Books) -> None:
    assert books.told("ACC003", 'access.owner = "dbops_owner"') == []


def test_without_a_declared_owner_it_does_not_apply(books: Books) -> None:
    result = books.ask("ACC003", 'access.roles.APP.attributes = ["login"]')
    assert (result.outcome, result.reason[:27]) == (Outcome.SKIPPED, "the matrix declares no owne")
