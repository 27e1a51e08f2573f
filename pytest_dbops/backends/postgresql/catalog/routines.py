"""Functions, procedures and aggregates from the rows of pg_proc."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pytest_dbops.backends.postgresql.catalog.acl import read_privileges
from pytest_dbops.backends.postgresql.catalog.attributes import plain
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import Routine, RoutineKind

_KINDS = {
    "f": RoutineKind.FUNCTION,
    "p": RoutineKind.PROCEDURE,
    "a": RoutineKind.AGGREGATE,
    "w": RoutineKind.WINDOW,
}
_VOLATILITY = {"v": "volatile", "s": "stable", "i": "immutable"}
_PARALLEL = {"u": "unsafe", "r": "restricted", "s": "safe"}


class _Row(NamedTuple):
    oid: int
    schema_oid: int
    name: str
    kind: str
    owner: str
    access_list: Sequence[str] | None
    identity_arguments: str
    arguments: str
    returns: str | None
    language: str
    source: str | None
    library: str | None
    volatility: str
    parallel: str
    is_strict: bool
    is_security_definer: bool
    is_leakproof: bool
    returns_set: bool
    cost: float
    rows: float
    support: str | None
    transforms: Sequence[str] | None
    settings: Sequence[str] | None
    aggregate: str | None


def build_routines(rows: Iterable[Sequence[Any]], names: Names) -> tuple[Routine, ...]:
    """Return the routines of shown schemas, sorted by schema, name and arguments."""
    found = [_routine(_Row._make(row), names) for row in rows if row[1] in names.schemas]
    return tuple(sorted(found, key=lambda item: (item.schema, item.name, item.identity_arguments)))


def _routine(row: _Row, names: Names) -> Routine:
    is_aggregate = row.aggregate is not None
    return Routine(
        names.schemas[row.schema_oid],
        row.name,
        row.identity_arguments,
        _KINDS[row.kind],
        row.arguments,
        row.returns or "",
        "" if is_aggregate else row.language,
        "" if is_aggregate else row.source or "",
        row.library or "",
        _VOLATILITY[row.volatility],
        _PARALLEL[row.parallel],
        row.is_strict,
        row.is_security_definer,
        row.is_leakproof,
        row.cost,
        row.rows,
        row.support or "",
        tuple(row.transforms or ()),
        tuple(row.settings or ()),
        tuple(f"{name}={value}" for name, value in plain(json.loads(row.aggregate))) if row.aggregate else (),
        row.owner,
        read_privileges(row.access_list, "routine", row.owner, names.major),
        names.comment("pg_proc", row.oid),
    )
