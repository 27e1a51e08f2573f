"""TEN013."""

from __future__ import annotations

import pytest

from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.severity import Severity
from tests.checks.privacy.asked import Books

TENANTS = 'tenancy.column = "org_id"\ntenancy.role = "APP"'
TABLE = (
    "CREATE TABLE bill (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))",
    "ALTER TABLE bill ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    # Tests beside this one judge who belongs to the owner that all tests share.
    "ALTER TABLE bill OWNER TO CLERK",
)


def test_role_that_is_bound_is_in_order(books: Books) -> None:
    books.run(*TABLE)
    assert books.told("TEN013", TENANTS) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER ROLE APP SUPERUSER", "role 'APP' is a superuser: row-level security does not bind it"),
        ("ALTER ROLE APP BYPASSRLS", "role 'APP' has BYPASSRLS: row-level security does not bind it"),
        (
            "GRANT CLERK TO APP",
            "role 'APP' acts as the owner of 'bill': an owner may switch row-level security off, and is exempt where it"
            " is not forced",
        ),
    ],
)
def test_role_that_is_not_bound_is_found(books: Books, statement: str, told: str) -> None:
    books.run(*TABLE, statement)
    assert books.told("TEN013", TENANTS) == [told]


def test_role_that_is_not_there_is_found(books: Books) -> None:
    books.run(*TABLE)
    (finding,) = books.ask("TEN013", TENANTS.replace("APP", "nobody_at_all")).findings
    assert finding.message.startswith("the server has no role 'nobody_at_all'")


def test_superuser_of_the_gate_is_a_warning_where_no_role_is_declared(books: Books) -> None:
    books.run(*TABLE)
    found = books.ask("TEN013", 'tenancy.column = "org_id"', as_superuser=True).findings
    assert [finding.severity for finding in found] == [Severity.WARNING]


def test_role_that_only_reads_is_none_to_judge(books: Books) -> None:
    books.run(*TABLE, "GRANT SELECT ON bill TO APP")
    from tests.cases.asking import Question, ask
    from tests.checks.privacy.asked import CHECKS

    url = books.database.server.url(books.database.name, role=books.app)
    result = ask(Question(CHECKS["TEN013"], "postgresql", config='tenancy.column = "org_id"'), url)
    assert (result.outcome, result.findings) == (Outcome.SKIPPED, ())
