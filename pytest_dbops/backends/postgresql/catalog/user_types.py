"""User-made types from the rows of pg_type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_dbops.backends.postgresql.catalog.acl import read_privileges
from pytest_dbops.backends.postgresql.catalog.attributes import plain
from pytest_dbops.backends.postgresql.catalog.columns import ColumnsByRelation
from pytest_dbops.backends.postgresql.catalog.constraints import EMPTY, Constraints
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import Type, TypeKind

_KINDS = {
    "e": TypeKind.ENUM,
    "d": TypeKind.DOMAIN,
    "c": TypeKind.COMPOSITE,
    "r": TypeKind.RANGE,
    "b": TypeKind.BASE,
    "p": TypeKind.BASE,
}


def build_types(
    rows: Iterable[Sequence[Any]],
    columns: ColumnsByRelation,
    constraints: Mapping[int, Constraints],
    names: Names,
) -> tuple[Type, ...]:
    """Return the types of shown schemas, sorted by schema and name."""
    found = [_type(row, columns, constraints, names) for row in rows if row[1] in names.schemas]
    return tuple(sorted(found, key=lambda item: (item.schema, item.name)))


def _type(row: Sequence[Any], columns: ColumnsByRelation, constraints: Mapping[int, Constraints], names: Names) -> Type:
    oid, schema, name, letter, relation, owner, access_list, text = row
    kind = _KINDS[letter]
    facts = json.loads(text) if text is not None else {}
    rules = constraints.get(oid, EMPTY)
    is_domain = kind is TypeKind.DOMAIN
    return Type(
        names.schemas[schema],
        name,
        kind,
        tuple(facts.pop("labels", None) or ()),
        columns.get(relation, ()),
        facts.pop("base", ""),
        facts.pop("not_null", False),
        facts.pop("default", None),
        (facts.pop("collation") or "") if is_domain else "",
        tuple(rules.checks),
        _not_null_name(name, rules) + tuple(f"{key}={value}" for key, value in plain(facts)),
        owner,
        read_privileges(access_list, "type", owner, names.major),
        names.comment("pg_type", oid) or (names.comment("pg_class", relation) if relation else None),
    )


def _not_null_name(name: str, rules: Constraints) -> tuple[str, ...]:
    """Return the name of a domain's NOT NULL, where somebody chose one (PostgreSQL 17 and later)."""
    chosen = [item.name for item in rules.not_nulls if item.name != f"{name}_not_null"]
    return tuple(f"not null constraint={item}" for item in chosen)
