"""Types of columns reduced to what they can hold."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.schema._types import Shape, base_type, shape_of, sqlite_affinity
from pytest_dbops.core.catalog import Catalog, Column, Type, TypeKind

DOMAINS = (
    Type("app", "code", TypeKind.DOMAIN, base="character varying(20)"),
    Type("public", "number", TypeKind.DOMAIN, base="bigint"),
    Type("public", "invoice_number", TypeKind.DOMAIN, base="public.number"),
    Type("public", "loop", TypeKind.DOMAIN, base="public.loop"),
)
POSTGRESQL = Catalog("postgresql", 150000, types=DOMAINS)
SQLITE = Catalog("sqlite", 3040000)


@pytest.mark.parametrize(
    ("spelled", "family", "size"),
    [
        ("integer", "integer", 32),
        ("smallint[]", "integer[]", 16),
        ("character varying(20)", "text", 20),
        ("character(20)", "character", 20),
        ("text", "text", 1 << 62),
        ("numeric(12,2)", "numeric(12,2)", 0),
        ("numeric", "numeric", 0),
        ("timestamp(3) with time zone", "timestamp with time zone", 0),
        ("app.code", "text", 20),
        ("public.invoice_number", "integer", 64),
        ("uuid", "uuid", 0),
    ],
)
def test_shape_is_what_a_postgresql_column_can_hold(spelled: str, family: str, size: int) -> None:
    assert shape_of(POSTGRESQL, Column("x", 1, spelled)) == Shape(family, size, spelled)


@pytest.mark.parametrize(
    ("declared", "affinity"),
    [
        ("INT", "INTEGER"), ("BIGINT", "INTEGER"), ("CHARINT", "INTEGER"), ("VARCHAR(20)", "TEXT"), ("CLOB", "TEXT"),
        ("BLOB", "BLOB"), ("", "BLOB"), ("REAL", "REAL"), ("DOUBLE PRECISION", "REAL"), ("FLOAT", "REAL"),
        ("NUMERIC(12, 2)", "NUMERIC"), ("BOOLEAN", "NUMERIC"), ("DATETIME", "NUMERIC"), ("FLOATING POINT", "INTEGER"),
    ],
)  # fmt: skip
def test_affinity_follows_the_rules_of_sqlite(declared: str, affinity: str) -> None:
    assert sqlite_affinity(declared) == affinity


def test_numbers_of_any_affinity_are_alike_on_sqlite() -> None:
    families = {shape_of(SQLITE, Column("x", 1, declared)).family for declared in ("INTEGER", "NUMERIC", "REAL")}
    assert families == {"number"}


def test_domain_that_leads_back_to_itself_ends() -> None:
    assert base_type(POSTGRESQL, "public.loop") == "public.loop"
