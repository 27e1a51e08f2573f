"""What a database holds, as one hash: of logical values that were read back, so that every product gives the same.

Values pass the result side of their column's type; rows are ordered by key. A role that row-level security holds for
sees, and so hashes, the rows of its organization only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.providers import RowReader

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, MetaData, Table

_AT_ONCE = 2000


def content_fingerprint(connection: Connection, metadata: MetaData, tables: Collection[str]) -> str:
    """Return the hash of all rows of some tables."""
    digests = table_fingerprints(connection, metadata, tables)
    return hashlib.sha256("\n".join(f"{name} {digests[name]}" for name in sorted(digests)).encode()).hexdigest()


def table_fingerprints(connection: Connection, metadata: MetaData, tables: Collection[str]) -> Mapping[str, str]:
    """Return the hash of each table's rows; memory does not grow with them."""
    return {name: _table_fingerprint(connection, metadata.tables[name]) for name in sorted(tables)}


def canonical(value: Any) -> str:
    """Return a logical value as text, the same whatever driver it came from."""
    if value is None:
        return "null"
    if isinstance(value, Enum):
        return canonical(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int | float):
        return _number(value)
    if isinstance(value, datetime):
        # SQLite's own type keeps no time zone: a moment is written in UTC there, and read without one.
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "0x" + bytes(value).hex()
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=canonical)
    return json.dumps(str(value), ensure_ascii=False)


def _table_fingerprint(connection: Connection, table: Table) -> str:
    from sqlalchemy import select

    columns = sorted(table.columns, key=lambda column: column.key)
    # A table without a key is ordered by what it holds; text is not, as collations differ.
    key = list(table.primary_key.columns)
    is_orderable = bool(key) and all(_is_number(column.type.python_type) for column in key)
    statement = select(*columns).order_by(*key) if is_orderable else select(*columns)
    rows = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
    lines: Iterable[str] = ("\t".join(map(canonical, row)) for row in _opened(rows, table, columns))
    digest = hashlib.sha256()
    for line in lines if is_orderable else sorted(lines):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _opened(rows: Iterable[Any], table: Table, columns: Sequence[Column[Any]]) -> Iterable[Any]:
    """Return rows with what is sealed for a row opened; nothing is asked of a table without such a column."""
    sealed = [
        (place, column.type) for place, column in enumerate(columns)
        if getattr(column.type, "bind", None) is not None and isinstance(column.type, RowReader)
    ]  # fmt: skip
    return (_with_opened(row, table, columns, sealed) for row in rows) if sealed else rows


def _with_opened(
    row: Any, table: Table, columns: Sequence[Column[Any]], sealed: Sequence[tuple[int, RowReader]]
) -> list[Any]:
    values, by_key = list(row), {column.key: value for column, value in zip(columns, row, strict=True)}
    for place, kind in sealed:
        values[place] = kind.open_in_row(values[place], table, by_key)
    return values


def _is_number(kind: type) -> bool:
    return issubclass(kind, int)


def _number(value: Decimal | int | float) -> str:
    if isinstance(value, float):
        return repr(value)
    exact = Decimal(value)
    return format(exact.normalize(), "f") if exact else "0"
