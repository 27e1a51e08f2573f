"""Values that find a partition: read from the bounds of a partitioned table's partitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.migrating.filling.values import Family, Value

_KEY = re.compile(r"(RANGE|LIST) \((.*)\)\Z")
_RANGE = re.compile(r"FOR VALUES FROM \((.*)\) TO \((.*)\)\Z", re.DOTALL)
_LIST = re.compile(r"FOR VALUES IN \((.*)\)\Z", re.DOTALL)
_ITEM = re.compile(r"\s*('(?:[^']|'')*'|[^,]+)\s*(?:,|\Z)")

Families = Mapping[str, Family | None]


def choices_of(table: Table, catalog: Catalog, families: Families) -> tuple[tuple[Mapping[str, Value], ...], bool]:
    """Return values of the partition key, one set a partition, and whether others would find none.

    A table partitioned by hash, or by an expression, gives no choices.
    """
    if table.partition_key is None:
        return (), False
    choices, is_closed = [], not table.partition_key.startswith("HASH")
    for partition in _partitions(table, catalog):
        if partition.partition_bound == "DEFAULT":
            is_closed = False
            continue
        pinned = _pinned(table.partition_key, partition.partition_bound or "", families)
        if pinned is None:
            continue
        below, _ = choices_of(partition, catalog, families)
        choices += [{**pinned, **each} for each in below] if partition.partition_key else [pinned]
    return tuple(choices), is_closed


def is_without_partitions(table: Table, catalog: Catalog) -> bool:
    """Tell whether a table is partitioned and has no partition to hold a row."""
    return table.partition_key is not None and not any(_partitions(table, catalog))


def _partitions(table: Table, catalog: Catalog) -> Iterator[Table]:
    for candidate in catalog.tables:
        if candidate.is_partition and table.display in candidate.inherits:
            yield candidate


def _pinned(key: str, bound: str, families: Families) -> dict[str, Value] | None:
    found = _KEY.match(key)
    if found is None:
        return None
    columns = [_column(part) for part in found[2].split(",")]
    if any(column not in families for column in columns):
        return None
    in_list, in_range = _LIST.match(bound), _RANGE.match(bound)
    if in_list:
        texts = [next((item for item in _items(in_list[1]) if item != "NULL"), "NULL")]
    elif in_range:
        texts = [_inside(low, high) for low, high in zip(_items(in_range[1]), _items(in_range[2]), strict=True)]
    else:
        return None
    values = {column: _value(families[column], text) for column, text in zip(columns, texts, strict=False)}
    return {column: value for column, value in values.items() if value is not None} or None


def _column(text: str) -> str:
    """Return the column of a part of the key, without collation and operator class."""
    text = text.strip()
    return text[1 : text.index('"', 1)] if text.startswith('"') else text.split(" ")[0]


def _items(text: str) -> list[str]:
    return [item.strip() for item in _ITEM.findall(text)]


def _inside(low: str, high: str) -> str:
    """Return a bound that is inside: the lower one, or for one without a lower end something below the upper."""
    if low != "MINVALUE":
        return low
    bare = high.strip("'")
    if bare.lstrip("-").isdigit():
        return f"'{int(bare) - 1}'"
    if re.match(r"\d{4}-\d\d-\d\d", bare):
        return f"'0001-01-03{bare[10:]}'"
    return "''"


def _value(family: Family | None, text: str) -> Value | None:
    if family is None or text in ("NULL", "MAXVALUE"):
        return None
    return family.of(text[1:-1].replace("''", "'") if text.startswith("'") else text)
