"""ACC001."""

from __future__ import annotations

from tests.checks.privacy.asked import Books

MATRIX = """
access.roles.APP.tables = { customer = ["SELECT"], "inv*" = ["SELECT", "INSERT"] }
access.roles.APP.columns = { "customer.email" = ["UPDATE"] }
"""


def test_rights_beyond_the_matrix_are_found_and_its_hints_mend_them(books: Books) -> None:
    books.run(
        "GRANT SELECT, DELETE ON customer TO APP",
        "GRANT UPDATE (name, email) ON customer TO APP",
        "GRANT INSERT ON invoice TO APP WITH GRANT OPTION",
        "GRANT USAGE ON SEQUENCE numbers TO APP",
        "GRANT CREATE ON SCHEMA public TO CLERK",
        "GRANT EXECUTE ON FUNCTION one() TO CLERK",
        "GRANT CREATE ON DATABASE DATABASE_NAME TO CLERK",
    )
    assert books.told("ACC001", MATRIX) == [
        "role 'APP' has DELETE on 'customer', which the matrix does not give it",
        "role 'APP' has UPDATE on 'customer.name', which the matrix does not give it",
        "role 'APP' has USAGE on 'numbers', which the matrix does not give it",
        "role 'APP' may pass INSERT on 'invoice' on to others, which the matrix does not give it",
        "role 'CLERK' has CREATE on 'DATABASE_NAME', and is not in the matrix",
        "role 'CLERK' has CREATE on 'public', and is not in the matrix",
        "role 'CLERK' has EXECUTE on 'one()', and is not in the matrix",
    ]
    assert books.mended("ACC001", MATRIX) == []


def test_rights_of_the_matrix_are_in_order(books: Books) -> None:
    books.run(
        "GRANT SELECT ON customer TO APP",
        "GRANT UPDATE (email) ON customer TO APP",
        "GRANT SELECT, INSERT ON invoice TO APP",
        "GRANT SELECT ON names TO CLERK",
    )
    assert books.told("ACC001", MATRIX + 'access.ignore = ["*_clerk"]') == []


def test_public_is_judged_where_it_is_declared(books: Books) -> None:
    # What PUBLIC has by itself on PostgreSQL 14, and no more from 15 on.
    books.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT SELECT ON names TO PUBLIC")
    assert books.told("ACC001", MATRIX) == []
    declared = MATRIX + "[access.roles.PUBLIC]\nfunctions = {}\n"
    assert books.told("ACC001", declared) == [
        "role 'PUBLIC' has EXECUTE on 'one()', which the matrix does not give it",
        "role 'PUBLIC' has SELECT on 'names', which the matrix does not give it",
    ]
    assert books.mended("ACC001", declared) == []


def test_partition_has_the_rights_of_its_parent(books: Books) -> None:
    books.run(
        "CREATE TABLE log (at date) PARTITION BY RANGE (at)",
        "CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "GRANT SELECT, INSERT ON log_2026 TO APP",
    )
    assert books.told("ACC001", 'access.roles.APP.tables = { log = ["SELECT"] }') == [
        "role 'APP' has INSERT on 'log_2026', which the matrix does not give it"
    ]
