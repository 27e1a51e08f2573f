"""Rows as planned, and what is known of a table's rows while more are planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.evaluate import OPAQUE, evaluate
from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.parts import Part, parts_of_shape
from pytest_dbops.migrating.filling.shapes import Reference, TableName, TableShape, UniqueRule
from pytest_dbops.migrating.filling.values import NULL, OMITTED, Value

Row = Mapping[str, Value]
"""Column -> value; OMITTED for one that is left to its default."""


@frozen
class PlannedRow:
    """A row, and what it is for: ``plain``, ``NULL``, ``boundary``, ``twin``, ``defaults``, ``remaining``."""

    values: Row
    purpose: str

    @property
    def classes(self) -> tuple[str, ...]:
        """The boundary classes in the row as ``column: class``, in order of its columns."""
        found = [f"{name}: {value.label}" for name, value in self.values.items() if value.label]
        return (*found, "whole row: duplicate") if self.purpose == "twin" else tuple(found)


@frozen
class Update:
    """References that are set once the rows they are to are there."""

    row: Row
    values: Row


@dataclass(slots=True)
class Pool:
    """The rows of one table so far: those that were there, and those that were planned or placed."""

    shape: TableShape
    rows: list[Row] = field(default_factory=list)
    used: list[set[tuple[object, ...]]] = field(default_factory=list)
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        """Start with no key taken, where none are given."""
        self.used = self.used or [set() for _ in self.shape.uniques]
        self.parts = self.parts or parts_of_shape(self.shape)

    def copy(self) -> Pool:
        """Return a pool with the same rows, that can be added to without this one."""
        return Pool(self.shape, list(self.rows), [set(used) for used in self.used], self.parts)

    def add(self, row: Row) -> None:
        """Take a row in; its keys are taken from now on."""
        self.rows.append(row)
        datums = datums_of(row, self.shape)
        for rule, used in zip(self.shape.uniques, self.used, strict=True):
            key = key_of(rule, row, datums)
            if key is not None:
                used.add(key)

    def takes(self, number: int, row: Row, datums: Mapping[str, Datum]) -> bool:
        """Tell whether the key of the unique rule of that number is still free."""
        key = key_of(self.shape.uniques[number], row, datums)
        return key is None or key not in self.used[number]


Pools = dict[TableName, Pool]


def key_of(rule: UniqueRule, row: Row, datums: Mapping[str, Datum]) -> tuple[object, ...] | None:
    """Return what a unique rule compares of a row, ``None`` where it leaves the row alone."""
    if rule.predicate is not None:
        applies = evaluate(rule.predicate, datums)
        if applies is not OPAQUE and not applies:
            return None
    parts: list[object] = []
    for node in rule.keys:
        column = getattr(node, "column", None)
        value = row.get(column) if column is not None else None
        part = value.identity if value is not None and value is not OMITTED else evaluate(node, datums)
        if part is None and not rule.nulls_are_equal:
            return None
        if value is OMITTED and part is OPAQUE:
            return None
        parts.append(part.casefold() if rule.ignores_case and isinstance(part, str) else part)
    return tuple(parts)


def datums_of(row: Row, shape: TableShape) -> dict[str, Datum]:
    """Return a row as conditions see it; what is left out has its default, as far as that can be told."""
    found: dict[str, Datum] = {}
    for name, value in row.items():
        found[name] = default_of(name, shape) if value is OMITTED else value.datum
    return found


def default_of(name: str, shape: TableShape) -> Datum:
    """Return what a column gets that is left out."""
    column = shape.column(name)
    if column.default is not None:
        return evaluate(column.default, {})
    return OPAQUE if column.has_default else None


def refers(reference: Reference, row: Row, targets: Sequence[Row]) -> bool:
    """Tell whether the reference of a whole row is kept by one of the target's rows."""
    values = [row[name] for name in reference.columns]
    nulls = sum(value.datum is None for value in values)
    if nulls:
        return not reference.is_full or nulls == len(values)
    wanted = [value.identity for value in values]
    return any(
        wanted == [target[name].identity for name in reference.target_columns]
        for target in targets
        if is_known(target, reference.target_columns)
    )


def is_known(row: Row, columns: Sequence[str]) -> bool:
    """Tell whether a row has a value of its own in all these columns, so that others can refer to it."""
    return all(
        (value := row.get(name)) is not None and value is not OMITTED and value.datum is not None for name in columns
    )


def pointed(reference: Reference, target: Row) -> Row:
    """Return the values by which a row refers to a target."""
    return {name: target[key] for name, key in zip(reference.columns, reference.target_columns, strict=True)}


def nothing(reference: Reference, row: Row) -> Row | None:
    """Return the values by which a row refers to nothing, ``None`` where it has to refer to something."""
    open_columns = [name for name in reference.columns if name not in row and name in reference.nullable]
    if any(name in row and row[name].datum is None for name in reference.columns) and not reference.is_full:
        return {}
    if reference.is_full:
        return dict.fromkeys(reference.columns, NULL) if reference.may_be_null else None
    return dict.fromkeys(open_columns, NULL) if open_columns else None
