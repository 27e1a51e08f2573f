"""TEN012: rows of many pages; what a few rows are told as is in tests/cases/TEN012."""

from __future__ import annotations

import pytest

from pytest_dbops.checks import _pages
from pytest_dbops.checks.privacy.row_of_another_tenant_referred_to import row_of_another_tenant_referred_to
from pytest_dbops.core.check import check_of
from tests.cases.asking import Question, ask
from tests.checks.connectivity.conftest import Target

TABLES = """
CREATE TABLE customer (org_id bigint NOT NULL, id bigint NOT NULL UNIQUE, PRIMARY KEY (org_id, id));
CREATE TABLE invoice (
  org_id bigint NOT NULL, id bigint PRIMARY KEY, customer_id bigint REFERENCES customer (id), text text
);
INSERT INTO customer VALUES (1, 1), (2, 2);
INSERT INTO invoice
SELECT 1, n, 1 + (n % 50 = 7)::integer, repeat(md5(n::text), 58) FROM generate_series(1, 600) AS n
"""


def test_references_are_read_over_all_pages(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pages, "PAGE_BLOCKS", 16)
    target.admin(TABLES)
    made = check_of(row_of_another_tenant_referred_to)
    assert made is not None
    result = ask(Question(made, "postgresql", config='tenancy.column = "org_id"'), target.url())
    (finding,) = result.findings
    assert finding.message == "12 rows of 'invoice' refer to a row of 'customer' that is another tenant's"
    assert [row["id"] for row in finding.evidence] == [7 + 50 * place for place in range(10)]
