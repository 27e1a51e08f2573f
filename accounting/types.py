"""Column types that mean the same on PostgreSQL and SQLite, and lose nothing on either.

SQLite tables are STRICT, so every type is stored there as INTEGER, TEXT or BLOB: money as integer cents,
other decimals as scaled integers, days and moments as ISO text in UTC, documents as JSON text.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import ENUM, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

WholeNumber = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer; on SQLite the type name that makes a single-column key the rowid."""

PaymentMethod = Text().with_variant(
    ENUM("bank_transfer", "card", "cash", "direct_debit", "wallet", name="payment_method"), "postgresql"
)
"""How money arrived: a native enum on PostgreSQL, text under a CHECK on SQLite."""


class Fixed(TypeDecorator[Decimal]):
    """A decimal with a fixed number of places: numeric on PostgreSQL, a scaled integer on SQLite."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return numeric(precision, scale), or INTEGER on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Integer())
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        """Return what the driver stores; refuses a value with more places than the column has."""
        if value is None:
            return None
        exact = Decimal(value)
        scaled = exact.scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value!r} has more than {self.scale} decimal places")
        return int(scaled) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the stored value as a decimal with all its places."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.scale)
        return Decimal(value)


class Day(TypeDecorator[date]):
    """A calendar day: date on PostgreSQL, `YYYY-MM-DD` on SQLite."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return date, or TEXT on SQLite."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | str | None:
        """Return what the driver stores."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Return the stored value as a date."""
        return date.fromisoformat(value) if isinstance(value, str) else value


class Moment(TypeDecorator[datetime]):
    """A point in time: timestamptz on PostgreSQL, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return timestamp with time zone, or TEXT on SQLite."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Return what the driver stores; refuses a moment without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        if dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored value as an aware datetime."""
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value if value is None else value.astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A JSON document: jsonb on PostgreSQL, JSON text with sorted keys on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return jsonb, or TEXT on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return what the driver stores."""
        if value is None or dialect.name != "sqlite":
            return value
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the stored document as Python values."""
        return json.loads(value) if isinstance(value, str) and dialect.name == "sqlite" else value


class Flag(TypeDecorator[bool]):
    """Yes or no: boolean on PostgreSQL, 1 or 0 on SQLite."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return boolean, or INTEGER on SQLite."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> bool | int | None:
        """Return what the driver stores."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        """Return the stored value as a bool."""
        return None if value is None else bool(value)


class PublicId(TypeDecorator[UUID]):
    """An id that is told outside: uuid on PostgreSQL, its 36 characters on SQLite."""

    impl = Uuid
    cache_ok = True

    @property
    def python_type(self) -> type[UUID]:
        """Return what a value is, on either product."""
        return UUID

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return uuid, or TEXT on SQLite."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> UUID | str | None:
        """Return what the driver stores."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Return the stored id."""
        return UUID(value) if isinstance(value, str) else value


MONEY = Fixed(14, 2)
RATE = Fixed(12, 6)
QUANTITY = Fixed(12, 3)
PERCENT = Fixed(5, 2)
