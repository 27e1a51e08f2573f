"""The double-entry ledger, kept in the organization's base currency."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accounting.schema import (
    Base,
    KeyPart,
    TenantRow,
    index,
    of_organization,
    one_of,
    reference,
    rule,
    table,
    tenant_reference,
)


class Account(TenantRow, Base):
    """An account of the books; at most one per organization plays each control part."""

    __tablename__ = "account"
    code: Mapped[str]
    name: Mapped[str]
    category_id: Mapped[int]
    normal_side: Mapped[str]
    control: Mapped[str | None]

    __table_args__ = table(
        of_organization(),
        reference("category_id", "category"),
        UniqueConstraint("org_id", "code"),
        UniqueConstraint("org_id", "control"),
        index("category_id"),
        one_of("normal_side", "debit", "credit"),
        one_of("control", "receivables", "bank", "revenue", "output_tax"),
        comment="Accounts of the ledger",
    )


class FiscalPeriod(TenantRow, Base):
    """A stretch of days that is closed as a whole; periods of one organization never overlap."""

    __tablename__ = "fiscal_period"
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    closed_at: Mapped[datetime | None]

    __table_args__ = table(
        of_organization(),
        UniqueConstraint("org_id", "starts_on"),
        # One-point ranges stand for equality, so that no extension is needed.
        ExcludeConstraint(
            (text("int8range(org_id, org_id, '[]')"), "&&"),
            (text("daterange(starts_on, ends_on, '[]')"), "&&"),
            name="ex_fiscal_period_no_overlap",
            using="gist",
        ).ddl_if(dialect="postgresql"),
        rule("days_in_order", "ends_on >= starts_on"),
        comment="Periods of the books",
    )


class JournalEntry(TenantRow, Base):
    """One booking; its lines balance, and once posted nothing of it changes."""

    __tablename__ = "journal_entry"
    period_id: Mapped[int]
    booked_on: Mapped[date]
    source_kind: Mapped[str]
    source_id: Mapped[int | None]
    reversal_of: Mapped[int | None]
    description: Mapped[str]
    posted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = table(
        tenant_reference("period_id", "fiscal_period"),
        tenant_reference("reversal_of", "journal_entry"),
        index("org_id", "period_id"),
        index("org_id", "reversal_of"),
        Index(
            "uq_journal_entry_one_per_source",
            "org_id",
            "source_kind",
            "source_id",
            unique=True,
            postgresql_where=text("reversal_of IS NULL AND source_id IS NOT NULL"),
            sqlite_where=text("reversal_of IS NULL AND source_id IS NOT NULL"),
        ),
        one_of("source_kind", "invoice", "payment", "manual"),
        rule("source_unless_manual", "(source_kind = 'manual') = (source_id IS NULL)"),
        rule("not_its_own_reversal", "reversal_of <> id"),
        comment="Bookings",
    )


class JournalLine(Base):
    """One side of a booking."""

    __tablename__ = "journal_line"
    org_id: Mapped[KeyPart]
    entry_id: Mapped[KeyPart]
    pos: Mapped[KeyPart]
    account_id: Mapped[int]
    debit: Mapped[Decimal] = mapped_column(server_default=text("0"))
    credit: Mapped[Decimal] = mapped_column(server_default=text("0"))

    __table_args__ = table(
        tenant_reference("entry_id", "journal_entry", cascade=True),
        tenant_reference("account_id", "account"),
        index("org_id", "account_id"),
        rule("one_side_only", "(debit > 0 AND credit = 0) OR (credit > 0 AND debit = 0)"),
        comment="Lines of bookings",
    )
