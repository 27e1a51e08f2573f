"""ACC006."""

from __future__ import annotations

from tests.checks.privacy.asked import Books

MATRIX = 'access.roles.APP.attributes = ["login"]\naccess.roles.CLERK.attributes = ["login"]'


def test_other_attributes_are_found_and_its_hints_mend_them(books: Books) -> None:
    books.run("ALTER ROLE APP BYPASSRLS CREATEROLE")
    assert books.told("ACC006", MATRIX) == [
        "role 'APP' has BYPASSRLS, which the matrix does not give it",
        "role 'APP' has CREATEROLE, which the matrix does not give it",
        "role 'CLERK' lacks LOGIN, which the matrix gives it",
    ]
    assert books.mended("ACC006", MATRIX) == []


def test_role_that_is_not_there_is_found(books: Books) -> None:
    books.run("ALTER ROLE CLERK LOGIN")
    matrix = MATRIX + '\naccess.roles.DATABASE_NAME_absent.attributes = ["login"]'
    found = books.ask("ACC006", matrix).findings
    assert [books._unnamed(finding.message) for finding in found] == [
        "role 'DATABASE_NAME_absent' of the matrix is not there"
    ]
    assert found[0].hint == f"CREATE ROLE {books.database.name}_absent LOGIN;"


def test_roles_of_the_matrix_are_in_order(books: Books) -> None:
    books.run("ALTER ROLE CLERK LOGIN")
    assert books.told("ACC006", MATRIX) == []
