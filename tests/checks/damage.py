"""Damage done to the pages of a table, as a disk would: in the file, while no page of it is in memory."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import psycopg

from pytest_dbops.core.scratch import ScratchServer
from tests.checks.connectivity.conftest import Target

DAMAGED = "damaged"
_BLOCK_BYTES = 8192
_HEADER_BYTES = 24
_XMIN_BYTES = 4
_INFOMASK_AT = 20
_XMIN_FLAGS = 0x0300


def damaged_copy(
    target: Target, table: str, damage: Callable[[bytearray, int], None], *, block: int = 0
) -> Target:  # fmt: skip
    """Copy the target's files to another database and damage the first row of a table's block there."""
    _copy(target.server)
    copy = Target(target.server, DAMAGED)
    with psycopg.connect(target.url()) as connection:  # the same file name, and no page of the copy is read yet
        row = connection.execute(
            "SELECT pg_relation_filepath(%s), oid FROM pg_database WHERE datname = 'target'", [table]
        )
        path, oid = row.fetchone() or ("", 0)
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        (other,) = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [DAMAGED]).fetchone() or (0,)
    file = Path(data) / path.replace(f"base/{oid}/", f"base/{other}/")
    content = bytearray(file.read_bytes())
    (pointer,) = struct.unpack_from("<I", content, block * _BLOCK_BYTES + _HEADER_BYTES)
    damage(content, block * _BLOCK_BYTES + (pointer & 0x7FFF))
    with file.open("r+b") as opened:
        opened.write(content)
    return copy


def drop_copy(server: ScratchServer) -> None:
    """Drop what `damaged_copy` made."""
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DAMAGED} WITH (FORCE)")


def inserted_by_nobody(page: bytearray, row: int) -> None:
    """Let a row say that a transaction of the far future has made it."""
    struct.pack_into("<I", page, row, 2_000_000_000)
    _unfreeze(page, row)


def frozen_no_more(page: bytearray, row: int) -> None:
    """Take from a row that it is frozen, though its page is marked so."""
    _unfreeze(page, row)


def _unfreeze(page: bytearray, row: int) -> None:
    (flags,) = struct.unpack_from("<H", page, row + _INFOMASK_AT)
    struct.pack_into("<H", page, row + _INFOMASK_AT, flags & ~_XMIN_FLAGS)


def _copy(server: ScratchServer) -> None:
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("CHECKPOINT")
        strategy = " STRATEGY file_copy" if server.major >= 15 else ""
        admin.execute(f"CREATE DATABASE {DAMAGED} TEMPLATE target{strategy}".encode())
        # Or the page would be refused as a whole, and nothing in it be looked at.
        admin.execute(f"ALTER DATABASE {DAMAGED} SET ignore_checksum_failure = on".encode())
