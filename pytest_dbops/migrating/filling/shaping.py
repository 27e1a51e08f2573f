"""Read a catalog's tables as shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from pytest_dbops.core.catalog import Catalog, Column, Index, Table, TableKind, Type, TypeKind
from pytest_dbops.migrating.filling.conditions.nodes import Apply, Name, Node, columns_of, renamed
from pytest_dbops.migrating.filling.conditions.parse import parse_condition
from pytest_dbops.migrating.filling.conditions.suggest import Suggestion, listed_values, suggestions_of
from pytest_dbops.migrating.filling.partitions import choices_of, is_without_partitions
from pytest_dbops.migrating.filling.product import Product, product_of
from pytest_dbops.migrating.filling.shapes import (
    CheckRule,
    ColumnShape,
    LeftOut,
    Reference,
    TableName,
    TableShape,
    UniqueRule,
)
from pytest_dbops.migrating.filling.values import Family, Value, labelled
from pytest_dbops.migrating.filling.vocabulary import EMPTY, Vocabulary

_REASONS = {
    TableKind.FOREIGN: "its rows are on another server",
    TableKind.VIRTUAL: "its module decides what it takes",
}


_NONE: Mapping[TableName, TableShape] = MappingProxyType({})


def shapes_of(
    catalog: Catalog, vocabulary: Vocabulary = EMPTY, *, known: Mapping[TableName, TableShape] = _NONE
) -> tuple[tuple[TableShape, ...], tuple[LeftOut, ...]]:
    """Return the tables to fill, and those that are left out with the reason; known are the shapes of some.

    Partitions are filled through their parent and are in neither; nor is alembic's version table, nor a partitioned
    table without partitions, which can hold no row.
    """
    product = product_of(catalog)
    shapes, left_out = [], []
    for table in catalog.tables:
        if table.is_version_table or table.is_partition or is_without_partitions(table, catalog):
            continue
        reason = _REASONS.get(table.kind) or _undoing(table, catalog)
        if reason:
            left_out.append(LeftOut(table.display, reason))
        else:
            shape = known.get((table.schema, table.name))
            shapes.append(shape if shape is not None else _shape(table, catalog, product, vocabulary))
    return tuple(shapes), tuple(left_out)


def _undoing(table: Table, catalog: Catalog) -> str:
    """Return why trying rows would undo those of other tables: SQLite may end the transaction at a refusal."""
    if catalog.dialect != "sqlite":
        return ""
    keys = filter(None, (table.primary_key, *table.unique_constraints))
    conflicts = [*(key.conflict for key in keys), *(column.conflict for column in table.columns)]
    words = [word for trigger in table.triggers for word in re.findall(r"RAISE\s*\(\s*(\w+)", trigger.definition)]
    is_undoing = "ROLLBACK" in {word.upper() for word in (*conflicts, *words)}
    return "a row that it refuses would roll the whole transaction back" if is_undoing else ""


def _shape(table: Table, catalog: Catalog, product: Product, vocabulary: Vocabulary) -> TableShape:
    generated = {column.name: parse_condition(column.default or "") for column in table.columns if column.generated}
    checks, unread = _checks(table, catalog, generated)
    excluded = _excluded(table)
    uniques = (*_uniques(table), *(UniqueRule(tuple(map(Name, sorted(names)))) for names in excluded))
    listed = {name: values for check in checks for name, values in listed_values(check.node).items()}
    only_plain = frozenset().union(*excluded)
    checked = frozenset[str]().union(*(check.columns for check in checks))
    columns = []
    for column in table.columns:
        if not column.generated:
            words = listed.get(column.name) or vocabulary.of(table.name, column.name)
            made = _column(column, table, catalog, product, words)
            # The number that comes next is not known, so neither is whether a check takes it.
            has_default = made.has_default and not (made.is_numbered and column.name in checked)
            is_plain_only = made.is_plain_only or column.name in only_plain
            columns.append(replace(made, has_default=has_default, is_plain_only=is_plain_only))
    choices, is_closed = choices_of(table, catalog, {column.name: column.family for column in columns})
    return TableShape(
        table.schema,
        table.name,
        table.display,
        tuple(columns),
        checks,
        uniques,
        tuple(_references(table, columns)),
        _suggestions(checks),
        choices,
        is_closed,
        unread,
        is_overriding=any(column.identity == "always" for column in table.columns),
    )


def _column(column: Column, table: Table, catalog: Catalog, product: Product, listed: Sequence[object]) -> ColumnShape:
    is_numbered = _is_numbered(column, table, catalog)
    family = product.family_of(column.type, column.name, catalog)
    if family is not None and listed:
        family = _of_list(family, listed)
    domains = _domains(column.type, catalog)
    is_key = table.primary_key is not None and column.name in table.primary_key.columns
    if family is not None and is_key:
        # Whoever counts keys up would find no next one.
        family = replace(family, edges=tuple(edge for edge in family.edges if edge.label != "largest whole number"))
    default = column.default if column.default is not None else next((d.default for d in domains if d.default), None)
    return ColumnShape(
        column.name,
        family,
        may_be_null=not (column.not_null or is_key or any(domain.not_null for domain in domains)),
        has_default=default is not None or is_numbered,
        default=parse_condition(default) if default is not None and not is_numbered else None,
        is_numbered=is_numbered,
        is_plain_only=is_numbered,
    )


def _of_list(family: Family, listed: Sequence[object]) -> Family:
    """Return a family of the values a check lists, as far as the type has them."""
    values = [value for value in map(family.of, listed) if value is not None]
    if not values:
        return family
    edges = tuple(labelled(value, f"listed value {number}") for number, value in enumerate(values, start=1))

    def plain(number: int) -> Value:
        return values[number % len(values)]

    return Family("listed value", plain, edges, family.of, is_labels=True, ignores_case=family.ignores_case)


def _is_numbered(column: Column, table: Table, catalog: Catalog) -> bool:
    if column.identity or (column.default or "").startswith("nextval("):
        return True
    key = table.primary_key
    return (
        catalog.dialect == "sqlite"
        and not table.is_without_rowid
        and key is not None
        and key.columns == (column.name,)
        and column.type.upper() == "INTEGER"
    )


def _domains(type_text: str, catalog: Catalog) -> list[Type]:
    """Return the domains a type goes through, outermost first."""
    found: list[Type] = []
    while (domain := _domain(type_text, catalog)) is not None and domain not in found:
        found.append(domain)
        type_text = domain.base
    return found


def _domain(type_text: str, catalog: Catalog) -> Type | None:
    schema, _, name = type_text.replace('"', "").rpartition(".")
    for candidate in catalog.types:
        if candidate.kind is TypeKind.DOMAIN and candidate.name == name and schema in ("", candidate.schema):
            return candidate
    return None


def _checks(
    table: Table, catalog: Catalog, generated: Mapping[str, Node | None]
) -> tuple[tuple[CheckRule, ...], tuple[str, ...]]:
    texts = [(check.name, check.expression, "") for check in table.check_constraints if check.is_enforced]
    for column in table.columns:
        for domain in _domains(column.type, catalog):
            texts += [(check.name, check.expression, column.name) for check in domain.check_constraints]
    read, unread = [], []
    for name, text, column_name in texts:
        node = parse_condition(text)
        if node is None:
            unread.append(name or text)
            continue
        node = renamed(renamed(node, "VALUE", column_name), "value", column_name) if column_name else node
        node = _spelled(_without_generated(node, generated), table)
        read.append(CheckRule(name or text, node, columns_of(node)))
    return tuple(read), tuple(unread)


def _without_generated(node: Node, generated: Mapping[str, Node | None]) -> Node:
    """Return a condition in which the expression of a generated column stands for it."""
    if isinstance(node, Name):
        return generated.get(node.column) or node
    if isinstance(node, Apply):
        return Apply(node.operator, tuple(_without_generated(each, generated) for each in node.arguments), node.type)
    return node


def _spelled(node: Node, table: Table) -> Node:
    """Return a condition whose columns are spelled as the table does; a word that is none stays as it is."""
    known = {column.name for column in table.columns}
    folded = {column.name.casefold(): column.name for column in table.columns}
    for name in columns_of(node) - known:
        node = renamed(node, name, folded.get(name.casefold(), name))
    return node


def _suggestions(checks: Sequence[CheckRule]) -> dict[str, tuple[Suggestion, ...]]:
    found: dict[str, list[Suggestion]] = {}
    for check in checks:
        for column, suggestions in suggestions_of(check.node).items():
            found.setdefault(column, []).extend(suggestions)
    return {column: tuple(dict.fromkeys(suggestions)) for column, suggestions in found.items()}


def _uniques(table: Table) -> Iterator[UniqueRule]:
    folding = {column.name for column in table.columns if _ignores_case(column.collation, column.type)}
    seen: set[tuple[str, ...]] = set()
    for key in filter(None, (table.primary_key, *table.unique_constraints)):
        if key.columns not in seen:
            seen.add(key.columns)
            ignores_case = bool(folding & set(key.columns))
            yield UniqueRule(tuple(map(Name, key.columns)), None, key.nulls_not_distinct, ignores_case)
    for index in table.indexes:
        if index.is_unique and not index.constraint and (index.columns not in seen or index.predicate):
            rule = _of_index(index, table, folding)
            if rule is not None:
                yield rule


def _of_index(index: Index, table: Table, folding: set[str]) -> UniqueRule | None:
    keys: list[Node] = []
    for key in index.keys:
        node = Name(key.column) if key.column is not None else parse_condition(key.expression or "")
        if node is None:
            return None
        keys.append(_spelled(node, table))
    predicate = parse_condition(index.predicate) if index.predicate is not None else None
    ignores_case = any(_ignores_case(key.collation, "") for key in index.keys) or bool(
        folding & {key.column for key in index.keys}
    )
    return UniqueRule(
        tuple(keys), _spelled(predicate, table) if predicate else None, index.nulls_not_distinct, ignores_case
    )


def _ignores_case(collation: str, type_text: str) -> bool:
    return collation.upper() == "NOCASE" or type_text.rpartition(".")[2] == "citext"


def _excluded(table: Table) -> list[frozenset[str]]:
    """Return the columns of each exclusion, and of each key or reference over periods."""
    found = [frozenset(key.columns) for key in (table.primary_key, *table.unique_constraints) if key and key.is_period]
    for rule in table.exclusion_constraints:
        words = rule.definition.replace('"', " ").replace("(", " ").replace(")", " ").replace(",", " ").split()
        found.append(frozenset(column.name for column in table.columns if column.name in words))
    return [columns for columns in found if columns]


def _references(table: Table, columns: Sequence[ColumnShape]) -> Iterator[Reference]:
    nullable = {column.name for column in columns if column.may_be_null}
    for key in table.foreign_keys:
        if not key.is_enforced:
            continue
        yield Reference(
            key.name,
            key.columns,
            (key.target_schema, key.target_table),
            key.target_columns,
            frozenset(nullable & set(key.columns)),
            key.match == "FULL",
            (key.target_schema, key.target_table) == (table.schema, table.name),
        )
