"""What is asked of a target about the fields of a column, in the words of each product."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from pytest_dbops.core.encryption import BoundAs, EncryptedColumn, IndexColumn, Purpose
from pytest_dbops.crypto.fields import read_order
from pytest_dbops.crypto.layout import KINDS, MAGIC, OVERHEAD_BYTES

SAMPLE_ROWS = 100_000
"""Rows that are looked at where a gate reads samples (`--dbops-cost=sample`)."""

_IS_BINARY = {"postgresql": "pg_typeof({value}) = 'bytea'::regtype", "sqlite": "typeof({value}) = 'blob'"}
_LENGTHS = {
    "postgresql": (
        "(get_byte({value}, 6)::bigint << 24) + (get_byte({value}, 7) << 16) + (get_byte({value}, 8) << 8)"
        " + get_byte({value}, 9)",
        "length({value}) - {overhead}",
    ),
    "sqlite": ("lower(hex(substr({value}, 7, 4)))", "printf('%08x', length({value}) - {overhead})"),
}
"""The length that an envelope says, and the one it has, both as the product can compare them."""

_BYTES = {"postgresql": "'\\x{}'::bytea", "sqlite": "x'{}'"}
_SAMPLED = {
    "postgresql": "TABLESAMPLE BERNOULLI (:percent) REPEATABLE (1)",
    "sqlite": "WHERE abs(random()) % 1000000 < :percent * 10000",
}


def quoted(*names: str) -> str:
    """Return names as an identifier, each part quoted."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name)


def table_of(column: EncryptedColumn) -> str:
    """Return the table of a column as a statement names it."""
    return quoted(column.schema, column.table)


TYPE_ON_POSTGRESQL = """
SELECT pg_catalog.format_type(atttypid, NULL)
FROM pg_catalog.pg_attribute
WHERE attrelid = pg_catalog.to_regclass(:table) AND attname = :column AND NOT attisdropped
"""
"""What type a column has; on SQLite each value has its own."""

ESTIMATED_ROWS_ON_POSTGRESQL = """
SELECT (reltuples / nullif(relpages, 0) * pg_catalog.pg_relation_size(oid)
        / current_setting('block_size')::int)::bigint
FROM pg_catalog.pg_class
WHERE oid = pg_catalog.to_regclass(:table) AND relpages > 0
"""
"""How many rows a table has, as the planner reckons: rows per page when last analysed, times the pages of today."""


def unsealed_fields(column: EncryptedColumn) -> str:
    """Return the statement that counts the fields of a column which is not binary, so that none can be sealed."""
    value = quoted(column.column)
    return (
        f"SELECT CASE WHEN {value} IS NULL THEN 'null' ELSE 'plaintext' END AS verdict, NULL AS key_id,"  # noqa: S608
        f" count(*) AS fields FROM {table_of(column)} GROUP BY 1"
    )


def count_rows(column: EncryptedColumn) -> str:
    """Return the statement that counts the rows of the table."""
    return f"SELECT count(*) FROM {table_of(column)}"  # noqa: S608  # names of the project's own models


def read_fields(column: EncryptedColumn) -> str:
    """Return the statement that reads what a `FieldReader` is given, of all rows; UUIDs as the text that is bound."""
    of_uuid = {each.name for each in column.bind if each.written is BoundAs.UUID}
    names = (f"CAST({quoted(name)} AS text)" if name in of_uuid else quoted(name) for name in read_order(column))
    return f"SELECT {', '.join(names)} FROM {table_of(column)}"  # noqa: S608  # as above


def read_key_at(column: EncryptedColumn) -> str:
    """Return the statement that reads the primary key of the row at place `number`, in the order of keys."""
    key = _listed(column.primary_key)
    return f"SELECT {key} FROM {table_of(column)} ORDER BY {key} LIMIT 1 OFFSET :number"  # noqa: S608  # as above


def read_fields_between(column: EncryptedColumn, low: Sequence[object] | None, high: Sequence[object] | None) -> str:
    """Return `read_fields` for the rows from one key on and before another, by parameters `low_0`, `high_0` and on.

    Both are given to tell which of their parts are UUIDs; None where there is no such end.
    """
    ends = (("low", ">=", low), ("high", "<", high))
    wanted = [
        f"({_listed(column.primary_key)}) {sign} ({', '.join(_given(f'{name}_{at}', v) for at, v in enumerate(key))})"
        for name, sign, key in ends
        if key is not None
    ]
    return f"{read_fields(column)}{' WHERE ' + ' AND '.join(wanted) if wanted else ''}"


def _given(name: str, value: object) -> str:
    return f"CAST(:{name} AS uuid)" if isinstance(value, UUID) else f":{name}"


def read_sampled_fields(column: EncryptedColumn, dialect: str) -> str:
    """Return the same for a part of the rows, by the parameter `percent`."""
    return f"{read_fields(column)} {_SAMPLED[dialect]}"


def read_bindings(column: EncryptedColumn) -> str:
    """Return the statement that reads what fields are bound to, and the primary key of their row."""
    names = (*(each.name for each in column.bind), *column.primary_key)
    return f"SELECT {_listed(names)} FROM {table_of(column)}"  # noqa: S608  # as above


def read_equal(column: EncryptedColumn) -> str:
    """Return the same for the rows whose field holds the bytes `value`, at most a few."""
    return f"{read_bindings(column)} WHERE {quoted(column.column)} = :value LIMIT 100"


def repeated_nonces(column: EncryptedColumn, dialect: str) -> str:
    """Return the statement that reads the nonces which several fields have under one data key.

    In the row profile a copy of an envelope does not open in its second place and is found there; in the column profile
    it does, and its nonce is all there is to know it by.
    """
    value = quoted(column.column)
    tenant = f", {quoted(column.bind[0].name)}" if column.bind else ""
    twice = "count(*)" if not column.bind else f"count(DISTINCT {value})"
    return (
        f"SELECT substr({value}, 11, 12) AS nonce FROM {table_of(column)}"  # noqa: S608  # as above
        f" WHERE {is_begun(column, dialect)} AND length({value}) >= {OVERHEAD_BYTES}"
        f" GROUP BY substr({value}, 3, 4), 1{tenant} HAVING {twice} > 1 LIMIT :most"
    )


def read_with_nonces(column: EncryptedColumn, count: int) -> str:
    """Return `read_fields` for the fields that have one of `count` nonces, `nonce_0` and on."""
    given = ", ".join(f":nonce_{place}" for place in range(count))
    return f"{read_fields(column)} WHERE substr({quoted(column.column)}, 11, 12) IN ({given})"


def read_nonces_of_prints(column: EncryptedColumn, count: int) -> str:
    """Return the statement that reads the nonces whose bytes 4 to 7 are one of `count` values, `print_0` and on."""
    value, given = quoted(column.column), ", ".join(f":print_{place}" for place in range(count))
    return (
        f"SELECT DISTINCT substr({value}, 11, 12) AS nonce FROM {table_of(column)}"  # noqa: S608  # as above
        f" WHERE substr({value}, 15, 4) IN ({given})"
    )


def structure(column: EncryptedColumn, dialect: str, where: str = "") -> str:
    """Return the statement that counts fields by key and by what their bytes alone tell; it needs no key."""
    value = quoted(column.column)
    key = f"CASE WHEN {_is_headed(column, dialect)} THEN substr({value}, 3, 4) END"
    return (
        f"SELECT {_verdict(column, dialect)} AS verdict, {key} AS key_id, count(*) AS fields"  # noqa: S608  # as above
        f" FROM {table_of(column)}{where and f' WHERE {where}'} GROUP BY 1, 2"
    )


def digest_on_postgresql(column: EncryptedColumn) -> str:
    """Return the statement that sums up what a bytea column holds, whatever the order of its rows."""
    first = f"left(encode(sha256({quoted(column.column)}), 'hex'), 15)"
    return f"SELECT sum(CAST(CAST('x' || {first} AS bit(60)) AS bigint)) FROM {table_of(column)}"  # noqa: S608  # as above


def unsound_rows(column: EncryptedColumn, dialect: str) -> str:
    """Return the statement that reads the primary keys of the first fields that are no whole envelopes."""
    required = " OR dbops_verdict = 'null'" if column.is_required else ""
    return (
        f"SELECT * FROM (SELECT {_listed(column.primary_key)}, {_verdict(column, dialect)} AS dbops_verdict"  # noqa: S608
        f" FROM {table_of(column)}) AS judged WHERE dbops_verdict NOT IN ('ok', 'null'){required} LIMIT :most"
    )


def _verdict(column: EncryptedColumn, dialect: str) -> str:
    value = quoted(column.column)
    written, real = (each.format(value=value, overhead=OVERHEAD_BYTES) for each in _LENGTHS[dialect])
    return (
        f"CASE WHEN {value} IS NULL THEN 'null'"
        f" WHEN {_starts(column, dialect)} AND length({value}) < {OVERHEAD_BYTES} THEN 'truncated'"
        f" WHEN NOT {_is_headed(column, dialect)} THEN 'plaintext'"
        f" WHEN {written} = {real} THEN 'ok'"
        f" WHEN {written} > {real} THEN 'truncated'"
        " ELSE 'altered' END"
    )


def _is_headed(column: EncryptedColumn, dialect: str) -> str:
    return f"({is_begun(column, dialect)} AND length({quoted(column.column)}) >= {OVERHEAD_BYTES})"


def is_begun(column: EncryptedColumn, dialect: str) -> str:
    """Return the condition that a field is binary and begins as its profile's envelopes do."""
    value = quoted(column.column)
    return f"({_IS_BINARY[dialect].format(value=value)} AND {_in_range(column, dialect)})"


def _in_range(column: EncryptedColumn, dialect: str) -> str:
    value, begin = quoted(column.column), MAGIC << 8 | KINDS[column.profile]
    first, behind = (_BYTES[dialect].format(f"{each:04x}") for each in (begin, begin + 1))
    return f"{value} >= {first} AND {value} < {behind}"


def on_another_key(column: EncryptedColumn, dialect: str, key_id: str) -> str:
    """Return the condition that a field begins as an envelope does, and names another key.

    For a column that is bytea on PostgreSQL: to ask for the type of each value, of which the planner takes one in two
    hundred to pass, makes it read and sort the whole table for each batch.
    """
    named = f"substr({quoted(column.column)}, 3, 4)"
    begun = _in_range(column, dialect) if dialect == "postgresql" else is_begun(column, dialect)
    return f"{begun} AND {named} <> {_BYTES[dialect].format(key_id)}"


def count_on_key(
    column: EncryptedColumn, dialect: str, key_id: str, purposes: Collection[Purpose]
) -> list[tuple[str, str]]:
    """Return the statements that count the fields and the blind indexes on a key, each with what it counts.

    purposes: fields are counted for data, blind indexes for theirs.
    """
    wanted = _BYTES[dialect].format(key_id)
    value, begun = quoted(column.column), is_begun(column, dialect)
    made = [(f"{begun} AND substr({value}, 3, 4) = {wanted}", column.name)] if Purpose.DATA in purposes else []
    for index in filter(None, (column.index, column.follower)) if Purpose.INDEX in purposes else ():
        made.append(
            (f"substr({quoted(index.name)}, 2, 4) = {wanted}", f"{column.name}, blind index {index.name},")
        )  # fmt: skip
    return [(f"SELECT count(*) FROM {table_of(column)} WHERE {where}", what) for where, what in made]  # noqa: S608


def not_indexed(column: EncryptedColumn, index: IndexColumn, dialect: str, *key_ids: str) -> str:
    """Return the condition that a field has no blind index under one of some keys in a column."""
    name, wanted = quoted(index.name), ", ".join(_BYTES[dialect].format(each) for each in key_ids)
    return f"{quoted(column.column)} IS NOT NULL AND ({name} IS NULL OR substr({name}, 2, 4) NOT IN ({wanted}))"


def of_tenant(index: IndexColumn, tenant: str) -> tuple[str, dict[str, object]]:
    """Return the condition that a row is of a tenant, and its parameters; empty for all, or where rows have none."""
    if not tenant or index.tenant is None:
        return "", {}
    return f"CAST({quoted(index.tenant.name)} AS text) = :tenant", {"tenant": tenant}


def count_rows_where(column: EncryptedColumn, *conditions: str) -> str:
    """Return the statement that counts the rows which meet all conditions; empty ones count for nothing."""
    where = " AND ".join(filter(None, conditions))
    return f"SELECT count(*) FROM {table_of(column)}{where and f' WHERE {where}'}"  # noqa: S608  # as above


def not_begun(column: EncryptedColumn, dialect: str) -> str:
    """Return the condition that a field holds something, and does not begin as an envelope does."""
    return f"{quoted(column.column)} IS NOT NULL AND NOT {is_begun(column, dialect)}"


def count_not_begun(column: EncryptedColumn, dialect: str, where: str = "") -> str:
    """Return the statement that counts those fields."""
    condition = f"{not_begun(column, dialect)}{where and f' AND {where}'}"
    return f"SELECT count(*) FROM {table_of(column)} WHERE {condition}"  # noqa: S608  # as above


def _starts(column: EncryptedColumn, dialect: str) -> str:
    """Return the condition that a short field is the beginning of an envelope, if of nothing but its first byte."""
    value, begin = quoted(column.column), f"{MAGIC:02x}{KINDS[column.profile]:02x}"
    firsts = ", ".join(_BYTES[dialect].format(each) for each in (begin[:2], begin))
    is_begun = f"(length({value}) = 0 OR substr({value}, 1, 2) IN ({firsts}))"
    return f"({_IS_BINARY[dialect].format(value=value)} AND {is_begun})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)
