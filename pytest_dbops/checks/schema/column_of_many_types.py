"""SCH016."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from pytest_dbops.checks.schema._patterns import matches_any
from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import alter_table
from pytest_dbops.checks.schema._types import Shape, shape_of
from pytest_dbops.core.catalog import Catalog, Column, Table, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_Place = tuple[Table, Column]


@check(
    "SCH016",
    category="schema",
    severity=Severity.WARNING,
    settings={
        "reference_names": ("*_id", "*_uuid"),
        "repeated": 5,
        "ignore": (
            "id", "name", "title", "status", "state", "kind", "type", "code", "key", "value", "data", "number",
            "position", "version", "description", "content", "body", "payload", "result", "size", "count", "total",
            "external_id", "object_id", "entity_id", "resource_id", "record_id", "parent_id", "source_id",
            "target_id", "owner_id", "subject_id", "session_id", "request_id", "trace_id", "correlation_id",
        ),
    },
)  # fmt: skip
def column_of_many_types(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """Columns of one name, which mean one thing, have different types.

    A join between them needs a cast and may lose its index, and one of the two will not hold what the other
    does: customer_id is bigint here and integer, or text, there. Judged are names that refer to something
    (`reference_names`) and are held by foreign keys to one table at most; and, as a note, names that at least
    `repeated` tables share, where one or two of them stray (created_at without a time zone). General names are
    left out (`ignore`).

    Give the straying column the type of the others.
    """
    ignored = settings.words("ignore")
    for name, places in sorted(_by_name(catalog).items()):
        is_alike = len({column.type for _, column in places}) == 1
        if is_alike or name in ignored:
            continue
        if matches_any(name, settings.words("reference_names")):
            if _referred_tables(name, places) < 2:
                yield from _strays(catalog, places, Severity.WARNING)
        elif len(places) >= settings.number("repeated"):
            yield from _strays(catalog, places, Severity.INFO)


def _by_name(catalog: Catalog) -> dict[str, list[_Place]]:
    places: dict[str, list[_Place]] = defaultdict(list)
    for table in designed_tables(catalog):
        for column in table.columns:
            places[column.name].append((table, column))
    return places


def _referred_tables(name: str, places: list[_Place]) -> int:
    """Count the tables that columns of this name refer to; two tables are two meanings."""
    return len(
        {
            key.target_columns[key.columns.index(name)] + key.target
            for table, _ in places
            for key in table.foreign_keys
            if name in key.columns and len(key.target_columns) == len(key.columns)
        }
    )


def _strays(catalog: Catalog, places: list[_Place], severity: Severity) -> Iterator[Finding]:
    shapes = {id(column): shape_of(catalog, column) for _, column in places}
    counted = Counter(_kind(shapes[id(column)]) for _, column in places)
    if len(counted) < 2:
        return
    usual = max(counted, key=lambda kind: (_is_referring(places, shapes, kind), counted[kind], kind))
    if severity is Severity.INFO and len(places) - counted[usual] > max(1, len(places) // 5):
        return
    model_table, model = min(
        (place for place in places if _kind(shapes[id(place[1])]) == usual), key=lambda place: place[0].display
    )
    for table, column in places:
        if _kind(shapes[id(column)]) != usual:
            yield _finding(catalog, table, column, model_table, model, severity)


def _kind(shape: Shape) -> tuple[str, int]:
    """Return what must be equal: how long a text may be is each table's own matter."""
    return shape.family, shape.size if shape.family.startswith("integer") else 0


def _is_referring(places: list[_Place], shapes: dict[int, Shape], kind: tuple[str, int]) -> bool:
    """Tell whether a column of this kind is held by a foreign key: then it is the one that is right."""
    return any(
        column.name in key.columns
        for table, column in places
        if _kind(shapes[id(column)]) == kind
        for key in table.foreign_keys
    )


def _finding(
    catalog: Catalog, table: Table, column: Column, model_table: Table, model: Column, severity: Severity
) -> Finding:
    subject = column_display(table, column.name)
    name = quote_identifier(column.name)
    action = f"{name} {model.type}"
    if catalog.dialect != "sqlite":
        action = f"ALTER COLUMN {name} TYPE {model.type} USING {name}::{model.type}"
    return Finding(
        subject,
        f"column {subject!r} is {column.type or 'of no type'}, "
        f"but {column_display(model_table, model.name)!r} is {model.type or 'of no type'}",
        hint=alter_table(catalog, table, action),
        severity=severity,
    )
