"""SCH028."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_dbops.core.catalog import Catalog, RoutineKind, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@dataclass(frozen=True, slots=True)
class _Owned:
    """An object, how ALTER names it, and who owns it."""

    schema: str
    display: str
    target: str
    owner: str


@check("SCH028", category="schema", severity=Severity.WARNING, backends=("postgresql",))
def mixed_owner(catalog: Catalog) -> Iterator[Finding]:
    """An object is owned by another role than the rest of its schema.

    Migrations run as one role, and only the owner may alter an object: the next migration that touches this one
    fails. It was mostly made by hand, as another role, and no migration knows it. The owner is also exempt from
    row-level security that is not forced.

    Give the object to the role that owns the others.
    """
    by_schema: dict[str, list[_Owned]] = defaultdict(list)
    for thing in _owned(catalog):
        if thing.owner:
            by_schema[thing.schema].append(thing)
    for _, things in sorted(by_schema.items()):
        counted = Counter(thing.owner for thing in things)
        usual = max(counted, key=lambda owner: (counted[owner], owner))
        for thing in things:
            if thing.owner != usual:
                yield Finding(
                    thing.display,
                    f"{thing.display!r} belongs to role {thing.owner!r}, {counted[usual]} of {len(things)} objects of "
                    f"schema {thing.schema!r} to {usual!r}",
                    hint=f"ALTER {thing.target} OWNER TO {quote_identifier(usual)};",
                )


def _owned(catalog: Catalog) -> Iterator[_Owned]:
    for table in catalog.tables:
        yield _Owned(table.schema, table.display, f"TABLE {table.quoted}", table.owner)
    for view in catalog.views:
        kind = "MATERIALIZED VIEW" if view.is_materialized else "VIEW"
        yield _Owned(view.schema, view.display, f"{kind} {view.quoted}", view.owner)
    for sequence in catalog.sequences:
        if sequence.owned_by is None:
            yield _Owned(sequence.schema, sequence.display, f"SEQUENCE {sequence.quoted}", sequence.owner)
    for routine in catalog.routines:
        word = {RoutineKind.PROCEDURE: "PROCEDURE", RoutineKind.AGGREGATE: "AGGREGATE"}.get(routine.kind, "FUNCTION")
        yield _Owned(routine.schema, routine.display, f"{word} {routine.quoted}", routine.owner)
    for kind_of_value in catalog.types:
        yield _Owned(kind_of_value.schema, kind_of_value.display, f"TYPE {kind_of_value.quoted}", kind_of_value.owner)
