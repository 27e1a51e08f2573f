"""Seal and open whole rows, for Core statements and COPY, which no column type sees as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from pytest_dbops.core.encryption import BoundColumn
from pytest_dbops.core.errors import ConfigError, FieldError
from pytest_dbops.crypto.blind_index import Index
from pytest_dbops.crypto.bound import written
from pytest_dbops.crypto.current import current_keyring
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.models import bound_column, bound_columns
from pytest_dbops.crypto.seal import Binding, Sealed, open_field, seal
from pytest_dbops.crypto.types import BlindIndex, Encrypted


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table that are sealed, and those made of them."""

    table: str
    encrypted: Mapping[str, tuple[Encrypted[Any], tuple[BoundColumn, BoundColumn] | None]]
    indexes: Mapping[str, tuple[BlindIndex, BoundColumn | None]]


def encrypt_rows(
    table: Any, rows: Iterable[Mapping[str, Any]], *, keyring: Keyring | None = None
) -> Iterator[dict[str, Any]]:
    """Yield rows as they are stored: encrypted columns sealed, their blind indexes made; other columns as they are.

    table: a Table or a mapped class. Rows are by column name. What is NULL or sealed already stays; an index is made
    where the row has the value it is of. Raises FieldError, in one line, for a row without the id it is bound to.
    """
    columns, ring = _columns_of(table), keyring or current_keyring()
    for row in rows:
        yield _sealed_row(columns, row, ring)


def decrypt_rows(
    table: Any, rows: Iterable[Mapping[str, Any]], *, keyring: Keyring | None = None
) -> Iterator[dict[str, Any]]:
    """Yield rows with their sealed columns opened; the columns they are bound to must be among them."""
    columns, ring = _columns_of(table), keyring or current_keyring()
    for row in rows:
        opened = dict(row)
        for name, (kind, bind) in columns.encrypted.items():
            if isinstance(value := row.get(name), Sealed):
                binding = _binding(columns.table, bind, row)
                opened[name] = kind.decode(open_field(ring, kind.sealed_for, bytes(value), binding))
        yield opened


def bind_row(table: str, bind: tuple[BoundColumn, BoundColumn], row: Mapping[str, Any]) -> Binding:
    """Return what the fields of a row are bound to; raises FieldError where it lacks a part of it."""
    parts = []
    for each in bind:
        value = row.get(each.name)
        if value is None:
            raise FieldError(f"a row of {table} has no {each.name}, which its encrypted fields are bound to")
        try:
            parts.append(written(each, value))
        except ValueError:
            raise FieldError(f"{table}.{each.name} of a row is no {each.written}; its fields are bound to it") from None
    return Binding(*parts)


def _sealed_row(columns: _Columns, row: Mapping[str, Any], keyring: Keyring) -> dict[str, Any]:
    sealed = dict(row)
    for name, (index, tenant) in columns.indexes.items():
        value = row.get(index.of)
        if isinstance(value, str):
            sealed[name] = index_of_row(columns.table, index, tenant, row, value, keyring)
        elif index.of in row and value is None:
            sealed[name] = None
    for name, (kind, bind) in columns.encrypted.items():
        value = row.get(name)
        if value is not None and not isinstance(value, Sealed):
            binding = _binding(columns.table, bind, row)
            sealed[name] = seal(keyring, kind.sealed_for, kind.encode(value), binding)
            kind.refuse_too_long(sealed[name])
    return sealed


def index_of_row(
    table: str, index: BlindIndex, tenant: BoundColumn | None, row: Mapping[str, Any], value: str, keyring: Keyring
) -> Index:
    """Return the blind index of a value in a row, which says its tenant where the index holds one."""
    if tenant is None:
        return index.index(value, keyring=keyring)
    of_row = row.get(tenant.name)
    if of_row is None:
        raise FieldError(f"a row of {table} has no {tenant.name}, which the blind index of {index.of!r} holds")
    return index.index(value, written(tenant, of_row), keyring=keyring)


def _binding(table: str, bind: tuple[BoundColumn, BoundColumn] | None, row: Mapping[str, Any]) -> Binding | None:
    return None if bind is None else bind_row(table, bind, row)


def _columns_of(table: Any) -> _Columns:
    found = getattr(table, "__table__", table)
    if not isinstance(found, Table):
        raise ConfigError(f"rows are sealed for a Table or a mapped class; {table!r} is none")
    columns = found.columns
    return _Columns(
        found.fullname,
        {
            each.name: (each.type, bound_columns(found, each.type.bind) if each.type.bind else None)
            for each in columns if isinstance(each.type, Encrypted)
        },
        {
            each.name: (each.type, bound_column(found, each.type.tenant) if each.type.tenant else None)
            for each in columns if isinstance(each.type, BlindIndex)
        },
    )  # fmt: skip
