"""A PostgreSQL database and a SQLite file with tables of every kind of column, for writing into."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Engine,
    Float,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    create_engine,
    text,
)  # fmt: skip
from sqlalchemy.pool import NullPool

from tests.fix_postgres import ScratchDatabase

METADATA = MetaData()
Table(
    "parent",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    CheckConstraint("name <> ''", name="ck_parent_name"),
    comment="parents",
)
Table(
    "child",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("parent_id", BigInteger, ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    Column("amount", Numeric(14, 2)),
    Column("share", Float),
    Column("is_open", Boolean),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
    Column("raw", LargeBinary),
    Column("document", JSON),
    Column("token", Uuid),
    Column("note", Text),
    Column("kind", Text, default="plain", nullable=False),
    UniqueConstraint("parent_id", "id", name="uq_child_place"),
    Index("ix_child_day", "day"),
    Index("ix_child_open", "parent_id", postgresql_where=text("is_open")),
)

ODD_TEXTS = (
    "plain", "tab\there", "line\nbreak", "back\\slash", "\\N", "", "100%", "'quote\"", "\r\x0b\x0c\b", "Œuvre 株", None
)  # fmt: skip


def child_columns(count: int) -> dict[str, object]:
    """Return a block of the table `child` with a value of every kind, constants and missing ones among them."""
    from uuid import UUID

    from pytest_dbops import Scaled

    numbers = range(1, count + 1)
    return {
        "id": numbers,
        "parent_id": [1 + number % 3 for number in numbers],
        "amount": Scaled([number * 37 - 500 for number in numbers], 2),
        "share": [None if number % 7 == 0 else number / 8 for number in numbers],
        "is_open": [(True, False, None)[number % 3] for number in numbers],
        "day": [date(2024, 2, 29) if number % 2 else None for number in numbers],
        "at": datetime(2026, 1, 15, 12, tzinfo=UTC),
        "raw": [bytes([number % 256, 0, 92]) for number in numbers],
        "document": [{"n": number, "text": ODD_TEXTS[number % 10]} for number in numbers],
        "token": [UUID(int=number) for number in numbers],
        "note": [ODD_TEXTS[number % len(ODD_TEXTS)] for number in numbers],
    }


PARENTS = [{"id": number, "name": f"parent {number}"} for number in (1, 2, 3)]


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)


@pytest.fixture
def postgresql(postgres_database: ScratchDatabase) -> Iterator[Engine]:
    """A PostgreSQL database with both tables, entered as their plain owner."""
    made = engine_of(postgres_database.url)
    METADATA.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """A SQLite file with both tables."""
    made = engine_of(f"sqlite:///{tmp_path / 'seeded.db'}")
    with made.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.exec_driver_sql(SQLITE[table.name])
    yield made
    made.dispose()


SQLITE = {
    "parent": "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "child": "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parent, amount NUMERIC,"
    " share FLOAT, is_open BOOLEAN, day DATE, at DATETIME, raw BLOB, document JSON, token CHAR(32), note TEXT,"
    " kind TEXT NOT NULL)",
}
