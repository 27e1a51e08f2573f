"""Indexes compared with one another and with foreign keys."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.schema._keys import deciding_columns, finds, has_same_keys, indexes_with_rowid, is_prefix
from pytest_dbops.core.catalog import Column, ForeignKey, Index, IndexKey, KeyConstraint, Table


def index(*keys: str, **rest: object) -> Index:
    return Index("public", "i", tuple(IndexKey(key) for key in keys), **rest)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("candidate", "is_found"),
    [
        (index("org_id", "customer_id"), True),
        (index("customer_id", "org_id", "id"), True),
        (index("customer_id"), True),
        (index("org_id"), False),
        (index("org_id", "status", "customer_id"), False),
        (index("status", "customer_id"), False),
        (index("customer_id", method="hash"), True),
        (index("customer_id", method="gist"), True),
        (index("customer_id", method="brin"), False),
        (index("customer_id", method="gin"), False),
        (index("customer_id", predicate="(customer_id IS NOT NULL)"), True),
        (index("customer_id", predicate="((customer_id IS NOT NULL) AND (org_id IS NOT NULL))"), True),
        (index("customer_id", predicate="((customer_id IS NOT NULL) AND (status = 'open'))"), False),
        (index("customer_id", predicate="(deleted_at IS NULL)"), False),
    ],
)
def test_index_finds_a_foreign_key_by_what_decides(candidate: Index, is_found: bool) -> None:
    deciding = frozenset({"customer_id"})
    assert finds(candidate, ("org_id", "customer_id"), deciding=deciding) is is_found


def test_column_that_other_foreign_keys_share_decides_nothing() -> None:
    customer = ForeignKey("c", ("org_id", "customer_id"), "public", "customer", ("org_id", "id"))
    tenant = ForeignKey("o", ("org_id",), "public", "organization", ("id",))
    table = Table("public", "invoice", (), foreign_keys=(customer, tenant))
    assert (deciding_columns(table, customer), deciding_columns(table, tenant)) == (
        frozenset({"customer_id"}),
        frozenset({"org_id"}),
    )


def test_index_read_backwards_has_the_same_keys() -> None:
    forwards = Index("public", "f", (IndexKey("a"), IndexKey("b", is_descending=True, is_nulls_first=True)))
    backwards = Index("public", "b", (IndexKey("a", is_descending=True, is_nulls_first=True), IndexKey("b")))
    both_up = index("a", "b")
    assert (has_same_keys(forwards, backwards), has_same_keys(forwards, both_up)) == (True, False)


def test_prefix_needs_the_same_rows_and_sorting() -> None:
    long = index("a", "b")
    assert [
        is_prefix(index("a"), long),
        is_prefix(index("b"), long),
        is_prefix(index("a", "b"), long),
        is_prefix(index("a", predicate="x"), long),
        is_prefix(index("a", method="hash"), long),
        is_prefix(Index("public", "c", (IndexKey("a", collation="C"),)), long),
    ] == [True, False, False, False, False, False]


def test_primary_key_without_an_index_of_its_own_counts_as_one() -> None:
    table = Table("main", "t", (Column("id", 1, "INTEGER"),), primary_key=KeyConstraint("", ("id",)))
    assert [(found.columns, found.is_primary) for found in indexes_with_rowid(table)] == [(("id",), True)]


def test_invalid_index_finds_nothing() -> None:
    table = Table("public", "t", (), indexes=(index("a", is_valid=False),))
    assert indexes_with_rowid(table) == ()
