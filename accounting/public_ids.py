"""Ids that are told outside: UUIDs of version 7 (RFC 9562), in the order in which rows were made."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles

RANDOM_BITS = 74
_LAST_MS = (1 << 48) - 1


class AnyId(ColumnElement[UUID]):
    """What the database gives a row whose writer knows of no public id: a random one (version 4), sealing nothing."""

    inherit_cache = True


@compiles(AnyId)
def _on_postgresql(_element: AnyId, _compiler: Any, **_options: Any) -> str:
    return "gen_random_uuid()"


@compiles(AnyId, "sqlite")
def _on_sqlite(_element: AnyId, _compiler: Any, **_options: Any) -> str:
    return (
        "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-'"
        " || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
    )


def new_public_id() -> UUID:
    """Return an id for a row that is made now; clients make it, before anything is sealed for the row."""
    return public_id_of(datetime.now(UTC), secrets.randbits(RANDOM_BITS))


def public_id_of(moment: datetime, chance: int) -> UUID:
    """Return the id of a row that was made at a moment; chance: `RANDOM_BITS` that no other row of that moment has."""
    return UUID(int=first_public_id(moment) | chance >> 62 << 64 | chance & (1 << 62) - 1)


def first_public_id(moment: datetime) -> int:
    """Return the lowest id of a moment as a number: its 12 bits from 64 on and its 62 lowest are left to chance."""
    milliseconds = min(max(int(moment.timestamp() * 1000), 0), _LAST_MS)
    return milliseconds << 80 | 7 << 76 | 1 << 63
