"""ACC005."""

from __future__ import annotations

from tests.checks.privacy.asked import Books

MATRIX = """
access.owner = "dbops_owner"
access.roles.APP.default_tables = ["SELECT"]
access.roles.APP.default_sequences = ["USAGE"]
"""


def test_other_defaults_are_found_and_its_hints_mend_them(books: Books) -> None:
    books.run(
        "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner IN SCHEMA public GRANT SELECT, DELETE ON TABLES TO APP",
        "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner GRANT EXECUTE ON FUNCTIONS TO CLERK",
    )
    assert books.told("ACC005", MATRIX) == [
        "role 'APP' will get DELETE on each table that 'dbops_owner' creates in schema public,"
        " which the matrix does not give it",
        "role 'APP' will not get USAGE on each new sequence, which the matrix gives it",
        "role 'CLERK' will get EXECUTE on each function that 'dbops_owner' creates, which the matrix does not give it",
    ]
    assert books.mended("ACC005", MATRIX) == []


def test_defaults_of_the_matrix_are_in_order(books: Books) -> None:
    books.run(
        "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner GRANT SELECT ON TABLES TO APP",
        "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner GRANT USAGE ON SEQUENCES TO APP",
    )
    assert books.told("ACC005", MATRIX) == []
