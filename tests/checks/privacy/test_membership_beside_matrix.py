"""ACC004."""

from __future__ import annotations

from tests.checks.privacy.asked import Books

MATRIX = 'access.roles.APP.member_of = ["pg_monitor"]'


def test_other_memberships_are_found_and_its_hints_mend_them(books: Books) -> None:
    books.run("GRANT pg_read_all_data TO APP", "GRANT APP TO CLERK")
    assert books.told("ACC004", MATRIX) == [
        "role 'APP' belongs to role 'pg_read_all_data', which the matrix does not say",
        "role 'APP' does not belong to role 'pg_monitor', as the matrix says it does",
        "role 'CLERK' belongs to role 'APP', and is not in the matrix",
    ]
    assert books.mended("ACC004", MATRIX) == []


def test_member_of_the_owner_is_found(books: Books) -> None:
    books.run("GRANT APP TO CLERK")
    matrix = 'access.owner = "APP"'
    assert books.told("ACC004", matrix) == ["role 'CLERK' belongs to role 'APP', and is not in the matrix"]
    assert books.mended("ACC004", matrix) == []


def test_right_to_give_a_membership_away_is_found(books: Books) -> None:
    books.run("GRANT pg_monitor TO APP WITH ADMIN OPTION")
    assert books.told("ACC004", MATRIX) == [
        "role 'APP' may give the membership in 'pg_monitor' to others, which the matrix does not say"
    ]
    assert books.mended("ACC004", MATRIX) == []


def test_memberships_of_the_matrix_are_in_order(books: Books) -> None:
    books.run("GRANT pg_monitor TO APP")
    assert books.told("ACC004", MATRIX) == []
