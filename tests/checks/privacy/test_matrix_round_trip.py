"""ACC001 to ACC006: what their hints say, run as it stands, leaves a database that the matrix describes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.checks.privacy.asked import Books

CODES = ("ACC006", "ACC003", "ACC004", "ACC001", "ACC002", "ACC005")
MATRIX = """
[access]
owner = "dbops_owner"

[access.roles.APP]
attributes = ["login"]
schemas = { public = ["USAGE"] }
tables = { customer = ["SELECT", "INSERT"], "log*" = ["SELECT"] }
columns = { "customer.email" = ["UPDATE"] }
sequences = { numbers = ["USAGE"] }
functions = { "one()" = ["EXECUTE"] }
default_tables = ["SELECT"]
default_functions = ["EXECUTE"]

[access.roles.CLERK]
member_of = ["APP"]

[access.roles.PUBLIC]
schemas = { public = ["USAGE"] }
functions = {}
default_functions = []
"""
TURNED = (
    # Rights that somebody passed on belong to who passed them on: a REVOKE of the owner's leaves them.
    "GRANT INSERT, DELETE ON invoice TO APP WITH GRANT OPTION",
    "SET ROLE APP", "GRANT INSERT ON invoice TO CLERK", "GRANT DELETE ON invoice TO CLERK WITH GRANT OPTION",
    "SET ROLE CLERK", "GRANT DELETE ON invoice TO PUBLIC", "RESET ROLE",
    "GRANT SELECT ON customer TO APP WITH GRANT OPTION",
    "SET ROLE APP", "GRANT SELECT ON customer TO CLERK", "RESET ROLE",
    "GRANT UPDATE (name) ON customer TO APP WITH GRANT OPTION",
    "SET ROLE APP", "GRANT UPDATE (name) ON customer TO CLERK", "RESET ROLE",
    "GRANT ALL ON SCHEMA public TO CLERK", "GRANT ALL ON names, customer TO CLERK",
    "GRANT ALL ON SEQUENCE numbers TO CLERK", "GRANT EXECUTE ON FUNCTION one() TO CLERK WITH GRANT OPTION",
    "GRANT TEMPORARY ON DATABASE DATABASE_NAME TO APP",
    "CREATE TABLE log (at date) PARTITION BY RANGE (at)",
    "CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "GRANT TRUNCATE ON log_2026 TO APP", "CREATE VIEW \"odd %s name\" AS SELECT 1",
    "ALTER TABLE customer OWNER TO CLERK", "ALTER FUNCTION one() OWNER TO APP", "ALTER SEQUENCE numbers OWNER TO APP",
    "ALTER ROLE APP NOLOGIN BYPASSRLS CREATEDB", "ALTER ROLE CLERK CREATEROLE REPLICATION",
    "GRANT APP TO CLERK WITH ADMIN OPTION", "SET ROLE CLERK", "GRANT APP TO DATABASE_NAME_guest", "RESET ROLE",
    "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner GRANT ALL ON TABLES TO CLERK",
    "ALTER DEFAULT PRIVILEGES FOR ROLE dbops_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
)  # fmt: skip


@pytest.fixture
def guest(books: Books) -> Iterator[str]:
    """A role that the matrix does not know."""
    name = f"{books.database.name}_guest"
    books.run(f"CREATE ROLE {name}")
    yield name
    books.run(f"DROP ROLE {name}")


@pytest.mark.parametrize("postgres_server", [14, 15, 18], indirect=True)
@pytest.mark.usefixtures("guest")
def test_hints_of_all_codes_leave_what_the_matrix_describes(books: Books) -> None:
    books.run(*TURNED)
    found = {code: books.told(code, MATRIX) for code in CODES}
    assert [code for code, told in found.items() if not told] == []
    for code in CODES:
        books.mended(code, MATRIX)
    assert {code: books.told(code, MATRIX) for code in CODES} == {code: [] for code in CODES}
    # What is created from now on is as the matrix says, too.
    books.run(
        "GRANT CREATE ON SCHEMA public TO dbops_owner", "SET ROLE dbops_owner",
        "CREATE FUNCTION two() RETURNS bigint LANGUAGE sql AS 'SELECT 2::bigint'", "RESET ROLE",
        "REVOKE CREATE ON SCHEMA public FROM dbops_owner",
    )  # fmt: skip
    assert books.told("ACC001", MATRIX) == ["role 'APP' has EXECUTE on 'two()', which the matrix does not give it"]
