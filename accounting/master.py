"""Master data: customers, what is sold to them, and the work done for them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accounting.schema import (
    Base,
    TenantRow,
    Tracked,
    blind_index,
    code_reference,
    index,
    of_organization,
    one_of,
    personal,
    reference,
    rule,
    rule_per_dialect,
    table,
    tenant_reference,
)
from accounting.types import QUANTITY
from pytest_dbops import BlindIndex, EncryptedText


class Customer(TenantRow, Tracked, Base):
    """Somebody who is sent quotes and invoices; a person's row can be erased, its number stays."""

    __tablename__ = "customer"
    number: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(**personal("name", erase="pseudonym"))
    contact_name: Mapped[str | None] = mapped_column(**personal("name", erase="null"))
    email: Mapped[str | None] = mapped_column(EncryptedText(), **personal("email", erase="null", is_encrypted=True))
    email_bidx: Mapped[bytes | None] = mapped_column(
        BlindIndex("email", normalise="email", tenant="org_id"), **blind_index("email")
    )
    phone: Mapped[str | None] = mapped_column(EncryptedText(), **personal("phone", erase="null", is_encrypted=True))
    vat_id: Mapped[str | None] = mapped_column(**personal("tax_id", erase="null"))
    iban: Mapped[str | None] = mapped_column(EncryptedText(), **personal("iban", erase="null", is_encrypted=True))
    iban_bidx: Mapped[bytes | None] = mapped_column(
        BlindIndex("iban", normalise="digits", tenant="org_id"), **blind_index("iban")
    )
    bic: Mapped[str | None]
    country_code: Mapped[str]
    language: Mapped[str] = mapped_column(server_default=text("'en'"))
    notes: Mapped[str | None] = mapped_column(**personal("free_text", erase="null"))
    erased_at: Mapped[datetime | None]
    restricted_at: Mapped[datetime | None]
    retain_until: Mapped[date | None]

    __table_args__ = table(
        of_organization(),
        code_reference("country_code", "country.code2"),
        UniqueConstraint("org_id", "number"),
        index("org_id", "email_bidx"),
        index("org_id", "iban_bidx"),
        index("country_code"),
        one_of("kind", "person", "company"),
        rule("email_has_blind_index", "(email IS NULL) = (email_bidx IS NULL)"),
        rule("iban_has_blind_index", "(iban IS NULL) = (iban_bidx IS NULL)"),
        rule("erased_is_restricted", "erased_at IS NULL OR restricted_at IS NOT NULL"),
        comment="Customers",
    )


class CustomerAddress(TenantRow, Base):
    """Where a customer lives, is billed, or is delivered to."""

    __tablename__ = "customer_address"
    customer_id: Mapped[int]
    kind: Mapped[str]
    street: Mapped[str] = mapped_column(**personal("address", erase="delete"))
    zip: Mapped[str] = mapped_column(**personal("postcode", erase="delete"))
    city: Mapped[str] = mapped_column(**personal("city", erase="delete"))
    country_code: Mapped[str]

    __table_args__ = table(
        tenant_reference("customer_id", "customer", cascade=True),
        code_reference("country_code", "country.code2"),
        index("org_id", "customer_id"),
        index("country_code"),
        one_of("kind", "billing", "delivery"),
        comment="Addresses of customers",
    )


class Product(TenantRow, Tracked, Base):
    """Something with a price."""

    __tablename__ = "product"
    sku: Mapped[str]
    name: Mapped[str]
    unit_price: Mapped[Decimal]
    tax_rate_id: Mapped[int]
    category_id: Mapped[int]

    __table_args__ = table(
        of_organization(),
        reference("tax_rate_id", "tax_rate"),
        reference("category_id", "category"),
        UniqueConstraint("org_id", "sku"),
        index("tax_rate_id"),
        index("category_id"),
        rule("unit_price_not_negative", "unit_price >= 0"),
        comment="What is sold",
    )


class Project(TenantRow, Tracked, Base):
    """Work agreed with a customer."""

    __tablename__ = "project"
    customer_id: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    budget: Mapped[Decimal | None]
    status: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    __table_args__ = table(
        tenant_reference("customer_id", "customer"),
        UniqueConstraint("org_id", "code"),
        index("org_id", "customer_id"),
        one_of("status", "planned", "active", "completed", "cancelled"),
        rule("budget_not_negative", "budget >= 0"),
        rule("days_in_order", "ends_on IS NULL OR ends_on >= starts_on"),
        comment="Projects of customers",
    )


class TimeEntry(TenantRow, Base):
    """Hours somebody worked on a project in one day, billed by an invoice line or not yet."""

    __tablename__ = "time_entry"
    project_id: Mapped[int]
    user_id: Mapped[int]
    worked_on: Mapped[date]
    hours: Mapped[Decimal] = mapped_column(QUANTITY)
    hourly_rate: Mapped[Decimal]
    invoice_id: Mapped[int | None]
    invoice_pos: Mapped[int | None]

    __table_args__ = table(
        tenant_reference("project_id", "project"),
        reference("user_id", "app_user"),
        tenant_reference("invoice_id", "invoice"),
        index("org_id", "project_id"),
        index("org_id", "invoice_id"),
        index("user_id"),
        *rule_per_dialect(
            "hours_fit_a_day", postgresql="hours > 0 AND hours <= 24", sqlite="hours > 0 AND hours <= 24000"
        ),
        rule("hourly_rate_not_negative", "hourly_rate >= 0"),
        rule("billed_by_a_line", "(invoice_id IS NULL) = (invoice_pos IS NULL)"),
        comment="Hours worked",
    )
