"""ACC002."""

from __future__ import annotations

from tests.checks.privacy.asked import Books

MATRIX = """
access.roles.APP.tables = { "*" = ["SELECT"], customer = ["SELECT", "INSERT"] }
access.roles.APP.columns = { "invoice.id" = ["UPDATE"] }
access.roles.APP.schemas = { public = ["USAGE"] }
access.roles.APP.sequences = { "*" = ["USAGE"] }
"""


def test_rights_that_are_lacking_are_found_and_its_hints_mend_them(books: Books) -> None:
    books.run("GRANT SELECT ON customer, names TO APP")
    assert books.told("ACC002", MATRIX) == [
        "role 'APP' lacks INSERT on 'customer', which the matrix gives it",
        "role 'APP' lacks SELECT on 'invoice', which the matrix gives it",
        "role 'APP' lacks UPDATE on 'invoice.id', which the matrix gives it",
        "role 'APP' lacks USAGE on 'numbers', which the matrix gives it",
    ]
    assert books.mended("ACC002", MATRIX) == []


def test_rights_on_one_object_are_one_finding_with_one_grant(books: Books) -> None:
    more = MATRIX.replace('["UPDATE"]', '["INSERT", "UPDATE"]').replace('["SELECT", "INSERT"]', '["SELECT", "DELETE"]')
    assert books.told("ACC002", more) == [
        "role 'APP' lacks DELETE, SELECT on 'customer', which the matrix gives it",
        "role 'APP' lacks INSERT, UPDATE on 'invoice.id', which the matrix gives it",
        "role 'APP' lacks SELECT on 'invoice', which the matrix gives it",
        "role 'APP' lacks SELECT on 'names', which the matrix gives it",
        "role 'APP' lacks USAGE on 'numbers', which the matrix gives it",
    ]
    assert books.mended("ACC002", more) == []


def test_name_that_names_nothing_is_told(books: Books) -> None:
    assert books.told("ACC002", 'access.roles.APP.tables = { customers = ["SELECT"], "x_*" = ["SELECT"] }') == [
        "the matrix gives role 'APP' rights on 'customers', and there is no such object among its tables"
    ]


def test_role_that_is_not_there_is_left_to_another_check(books: Books) -> None:
    assert books.told("ACC002", 'access.roles.nobody.tables = { "*" = ["SELECT"] }') == []
