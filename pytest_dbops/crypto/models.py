"""The encrypted columns of a MetaData, judged: what their fields are bound to, and whether that can hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, UniqueConstraint

from pytest_dbops.core.encryption import BoundAs, BoundColumn, EncryptedColumn, IndexColumn
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.crypto.blind_index import UNIQUE_BYTES
from pytest_dbops.crypto.types import BlindIndex, Encrypted

_WRITTEN = {int: BoundAs.NUMBER, UUID: BoundAs.UUID, str: BoundAs.TEXT}


def encrypted_columns(metadata: MetaData) -> tuple[EncryptedColumn, ...]:
    """Return all encrypted columns, by table and in the order of its columns; raises ConfigError for an unfit one."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.fullname)
    return tuple(found for table in tables for found in columns_of(table))


def columns_of(table: Table) -> Iterator[EncryptedColumn]:
    """Yield the encrypted columns of a table."""
    for column in table.columns:
        if isinstance(column.type, Encrypted):
            index, follower = _indexes_of(table, column)
            yield EncryptedColumn(
                schema=table.schema or "",
                table=table.name,
                column=column.name,
                place=column.type.sealed_for,
                content=column.type.content,
                is_required=not column.nullable,
                primary_key=tuple(each.name for each in table.primary_key.columns),
                bind=bound_columns(table, column.type.bind) if column.type.bind else (),
                index=index,
                follower=follower,
            )


def bound_columns(table: Table, bind: tuple[str, str]) -> tuple[BoundColumn, BoundColumn]:
    """Return the columns that fields of a table are bound to; raises ConfigError where one cannot be relied on.

    Tenant and id must be NOT NULL; the id must be unique, at least within its tenant, and made by the client: one
    that the server makes at INSERT is not known when a field is sealed. Beside the client's default the server may have
    one of its own, for writers that do not know the column: what they write seals nothing.
    """
    for name in bind:
        if name not in table.columns:
            raise ConfigError(f"{table.fullname}: its encrypted fields are bound to {name!r}, which is no column of it")
        if table.columns[name].nullable:
            raise ConfigError(f"{table.fullname}.{name} may be NULL; encrypted fields cannot be bound to it")
    row = table.columns[bind[1]]
    is_default_of_server = row.server_default is not None and row.default is None
    if is_default_of_server or row.identity is not None or row is table.autoincrement_column:
        raise ConfigError(
            f"{table.fullname}.{row.name} is made by the server; encrypted fields need an id that the client makes"
            " (a UUID with default=)"
        )
    if row.onupdate is not None:
        raise ConfigError(f"{table.fullname}.{row.name} changes with each update; encrypted fields need one that stays")
    if not _is_unique(table, bind):
        raise ConfigError(f"{table.fullname}.{row.name} is not unique; encrypted fields cannot be told apart by it")
    tenant, own = (bound_column(table, name) for name in bind)
    return tenant, own


def bound_column(table: Table, name: str) -> BoundColumn:
    """Return how the values of a column are written where fields are bound to them."""
    try:
        kind = table.columns[name].type.python_type
    except NotImplementedError:
        kind = object
    found = next((how for base, how in _WRITTEN.items() if issubclass(kind, base) and kind is not bool), None)
    if found is None:
        raise ConfigError(
            f"{table.fullname}.{name} is of type {kind.__name__}; fields are bound to a number, a text or a UUID"
        )
    return BoundColumn(name, found)


def _indexes_of(table: Table, encrypted: Column[object]) -> tuple[IndexColumn | None, IndexColumn | None]:
    """Return the blind index of a column, and the one that takes over from it; None for either that is not there."""
    found = [
        (each, each.type) for each in table.columns
        if isinstance(each.type, BlindIndex) and each.type.of == encrypted.key
    ]  # fmt: skip
    first = [(each, kind) for each, kind in found if not kind.follows]
    followers = [(each, kind) for each, kind in found if kind.follows]
    for each, kind in followers:
        if len(first) != 1 or kind.follows != first[0][0].key or len(followers) > 1:
            raise ConfigError(
                f"{table.fullname}.{each.name}: {kind!r} has to follow the one other index of {encrypted.name!r}"
            )
    index = _index_of(table, *first[0]) if first else None
    follower = _index_of(table, *followers[0]) if followers else None
    if index and follower and index.is_unique and not follower.is_unique:
        raise ConfigError(f"{table.fullname}.{follower.name} takes over from a unique index and has to be unique too")
    return index, follower


def _index_of(table: Table, column: Column[object], kind: BlindIndex) -> IndexColumn:
    is_unique = _is_unique(table, (*filter(None, (kind.tenant,)), column.name))
    if is_unique and kind.bits < UNIQUE_BYTES * 8:
        raise ConfigError(f"{table.fullname}.{column.name} is unique; {kind!r} needs {UNIQUE_BYTES * 8} bits")
    if kind.tenant is not None and kind.tenant not in table.columns:
        raise ConfigError(f"{table.fullname}: {kind!r} names {kind.tenant!r}, which is no column of it")
    tenant = bound_column(table, kind.tenant) if kind.tenant else None
    made = IndexColumn(
        column.name, kind.normalise, kind.bits // 8, is_unique, tenant, is_follower=bool(kind.follows)
    )  # fmt: skip
    for index in table.indexes:
        names = tuple(each.name for each in index.columns)
        if index.unique and index.name and column.name in names:
            return replace(made, unique_by=str(index.name), unique_on=names)
    return replace(made, unique_on=tuple(filter(None, (kind.tenant, column.name)))) if is_unique else made


def _is_unique(table: Table, names: tuple[str, ...]) -> bool:
    """Whether some of these columns together are unique: by key, constraint or index, the last of them included."""
    allowed, last = set(names), names[-1]
    sets = [{each.name for each in table.primary_key.columns}]
    sets += [{each.name for each in one.columns} for one in table.constraints if isinstance(one, UniqueConstraint)]
    sets += [{each.name for each in index.columns} for index in table.indexes if index.unique]
    sets += [{each.name} for each in table.columns if each.unique]
    return any(last in each and each <= allowed for each in sets)
