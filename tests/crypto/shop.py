"""A small shop: users of no tenant in the column profile, customers of tenants in the row profile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pytest_dbops import BlindIndex, EncryptedBytes, EncryptedJSON, EncryptedText, encrypted


class Base(DeclarativeBase):
    metadata = MetaData()


class User(Base):
    __tablename__ = "app_user"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(EncryptedText())
    email_bidx: Mapped[bytes] = mapped_column(BlindIndex("email", normalise="email"), unique=True)
    settings: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON())
    secret: Mapped[bytes | None] = mapped_column(EncryptedBytes())


def next_id() -> UUID:
    """Return ids in the order in which they are asked for."""
    next_id.number += 1  # type: ignore[attr-defined]  # below
    return UUID(int=0x018F4E7A_0000_7000_8000_000000000000 + next_id.number)  # type: ignore[attr-defined]


next_id.number = 0  # type: ignore[attr-defined]


class Customer(Base):
    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("org_id", "public_id"),)
    org_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public_id: Mapped[UUID] = mapped_column(default=next_id)
    name: Mapped[str | None]
    email = encrypted(EncryptedText(), bind=("org_id", "public_id"))
    email_bidx: Mapped[bytes | None] = mapped_column(BlindIndex("email", normalise="email", tenant="org_id"))
    iban = encrypted(EncryptedText(place="customer.iban"), bind=("org_id", "public_id"), name="iban_sealed")
    photo: Mapped[bytes | None] = mapped_column(LargeBinary)


USERS, CUSTOMERS = Base.metadata.tables["app_user"], Base.metadata.tables["customer"]
