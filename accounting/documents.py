"""Documents that leave the house: quotes, invoices, and the payments that answer them.

Amounts are positive, also on a credit note. A line's net and tax are rounded half away from zero to two
places, once per line; every total is a sum of lines, so nothing is ever rounded twice.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accounting.public_ids import AnyId, new_public_id
from accounting.schema import (
    Base,
    Json,
    KeyPart,
    TenantRow,
    Tracked,
    code_reference,
    index,
    one_of,
    personal,
    reference,
    rule,
    rule_per_dialect,
    table,
    tenant_reference,
)
from accounting.types import PERCENT, QUANTITY, RATE, PaymentMethod
from pytest_dbops import EncryptedText, encrypted


def _line_rules() -> tuple[CheckConstraint, ...]:
    return (
        *rule_per_dialect(
            "net_is_rounded_product",
            postgresql="net = round(quantity * unit_price * (1 - discount_pct / 100), 2)",
            sqlite="net = (quantity * unit_price * (10000 - discount_pct) + 5000000) / 10000000",
        ),
        *rule_per_dialect(
            "tax_is_rounded_share",
            postgresql="tax = round(net * tax_pct / 100, 2)",
            sqlite="tax = (net * tax_pct + 5000) / 10000",
        ),
        *rule_per_dialect(
            "discount_is_a_share",
            postgresql="discount_pct BETWEEN 0 AND 100",
            sqlite="discount_pct BETWEEN 0 AND 10000",
        ),
        rule("quantity_positive", "quantity > 0"),
        rule("unit_price_not_negative", "unit_price >= 0"),
        rule("tax_pct_not_negative", "tax_pct >= 0"),
    )


class Line:
    """What a line of a quote and of an invoice have in common."""

    pos: Mapped[KeyPart] = mapped_column(sort_order=1)
    product_id: Mapped[int | None] = mapped_column(sort_order=2)
    description: Mapped[str] = mapped_column(sort_order=3)
    quantity: Mapped[Decimal] = mapped_column(QUANTITY, sort_order=4)
    unit_price: Mapped[Decimal] = mapped_column(sort_order=5)
    discount_pct: Mapped[Decimal] = mapped_column(PERCENT, server_default=text("0"), sort_order=6)
    net: Mapped[Decimal] = mapped_column(sort_order=7)
    tax_rate_id: Mapped[int] = mapped_column(sort_order=8)
    tax_pct: Mapped[Decimal] = mapped_column(PERCENT, sort_order=9)
    tax: Mapped[Decimal] = mapped_column(sort_order=10)


class Quote(TenantRow, Tracked, Base):
    """An offer; once accepted it is billed by one or more invoices."""

    __tablename__ = "quote"
    number: Mapped[int]
    customer_id: Mapped[int]
    project_id: Mapped[int | None]
    status: Mapped[str]
    issued_on: Mapped[date]
    valid_until: Mapped[date]
    currency: Mapped[str]
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    gross: Mapped[Decimal]

    __table_args__ = table(
        tenant_reference("customer_id", "customer"),
        tenant_reference("project_id", "project"),
        code_reference("currency", "currency.code"),
        UniqueConstraint("org_id", "number"),
        index("org_id", "customer_id"),
        index("org_id", "project_id"),
        index("currency"),
        one_of("status", "draft", "sent", "accepted", "rejected", "expired"),
        rule("amounts_not_negative", "net >= 0 AND tax >= 0"),
        rule("gross_is_net_plus_tax", "gross = net + tax"),
        rule("days_in_order", "valid_until >= issued_on"),
        comment="Quotes",
    )


class QuoteLine(Line, Base):
    """One position of a quote."""

    __tablename__ = "quote_line"
    org_id: Mapped[KeyPart]
    quote_id: Mapped[KeyPart]

    __table_args__ = table(
        tenant_reference("quote_id", "quote", cascade=True),
        tenant_reference("product_id", "product"),
        reference("tax_rate_id", "tax_rate"),
        index("org_id", "product_id"),
        index("tax_rate_id"),
        *_line_rules(),
        comment="Positions of quotes",
    )


class Invoice(TenantRow, Tracked, Base):
    """An invoice or a credit note; once locked, only its payment state may change."""

    __tablename__ = "invoice"
    series: Mapped[str]
    number: Mapped[int | None]
    kind: Mapped[str]
    credit_of_id: Mapped[int | None]
    customer_id: Mapped[int]
    quote_id: Mapped[int | None]
    project_id: Mapped[int | None]
    status: Mapped[str]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    fx_rate: Mapped[Decimal] = mapped_column(RATE)
    net: Mapped[Decimal]
    tax: Mapped[Decimal]
    gross: Mapped[Decimal]
    paid: Mapped[Decimal] = mapped_column(server_default=text("0"))
    base_net: Mapped[Decimal]
    base_tax: Mapped[Decimal]
    base_gross: Mapped[Decimal]
    base_paid: Mapped[Decimal] = mapped_column(server_default=text("0"))
    bill_to_snapshot: Mapped[Json | None] = mapped_column(**personal("document", erase="keep_until_retention"))
    content_hash: Mapped[bytes | None]
    locked_at: Mapped[datetime | None]

    __table_args__ = table(
        tenant_reference("credit_of_id", "invoice"),
        tenant_reference("customer_id", "customer"),
        tenant_reference("quote_id", "quote"),
        tenant_reference("project_id", "project"),
        code_reference("currency", "currency.code"),
        UniqueConstraint("org_id", "series", "number"),
        index("org_id", "credit_of_id"),
        index("org_id", "customer_id"),
        index("org_id", "quote_id"),
        index("org_id", "project_id"),
        index("currency"),
        Index(
            "ix_invoice_open_by_due_day",
            "org_id",
            "due_on",
            postgresql_where=text("status = 'issued' OR status = 'overdue'"),
            sqlite_where=text("status = 'issued' OR status = 'overdue'"),
        ),
        one_of("kind", "invoice", "credit_note"),
        one_of("status", "draft", "issued", "paid", "overdue", "void"),
        rule("credit_note_names_invoice", "(kind = 'credit_note') = (credit_of_id IS NOT NULL)"),
        rule("number_unless_draft", "(status = 'draft') = (number IS NULL)"),
        rule("locked_is_sealed", "locked_at IS NULL OR (content_hash IS NOT NULL AND status <> 'draft')"),
        rule("issued_names_recipient", "status = 'draft' OR bill_to_snapshot IS NOT NULL"),
        rule("number_positive", "number > 0"),
        rule("amounts_not_negative", "net >= 0 AND tax >= 0"),
        rule("gross_is_net_plus_tax", "gross = net + tax"),
        rule("base_gross_is_net_plus_tax", "base_gross = base_net + base_tax"),
        rule("paid_within_gross", "paid >= 0 AND paid <= gross"),
        rule("base_paid_within_gross", "base_paid >= 0 AND base_paid <= base_gross"),
        rule("fx_rate_positive", "fx_rate > 0"),
        rule("days_in_order", "due_on >= issued_on"),
        comment="Invoices and credit notes",
    )


class InvoiceLine(Line, Base):
    """One position of an invoice."""

    __tablename__ = "invoice_line"
    org_id: Mapped[KeyPart]
    invoice_id: Mapped[KeyPart]

    __table_args__ = table(
        tenant_reference("invoice_id", "invoice", cascade=True),
        tenant_reference("product_id", "product"),
        reference("tax_rate_id", "tax_rate"),
        index("org_id", "product_id"),
        index("tax_rate_id"),
        *_line_rules(),
        comment="Positions of invoices",
    )


class InvoiceTax(Base):
    """The value added tax of an invoice at one rate: the sum of its lines at that rate."""

    __tablename__ = "invoice_tax"
    org_id: Mapped[KeyPart]
    invoice_id: Mapped[KeyPart]
    tax_pct: Mapped[Decimal] = mapped_column(PERCENT, primary_key=True)
    base: Mapped[Decimal]
    tax: Mapped[Decimal]

    __table_args__ = table(
        tenant_reference("invoice_id", "invoice", cascade=True),
        rule("tax_pct_not_negative", "tax_pct >= 0"),
        rule("amounts_not_negative", "base >= 0 AND tax >= 0"),
        comment="Value added tax of an invoice by rate",
    )


class Payment(TenantRow, Tracked, Base):
    """Money received from a customer, or paid back to one when it answers a credit note."""

    __tablename__ = "payment"
    customer_id: Mapped[int]
    method: Mapped[str] = mapped_column(PaymentMethod)
    direction: Mapped[str]
    amount: Mapped[Decimal]
    base_amount: Mapped[Decimal]
    currency: Mapped[str]
    received_on: Mapped[date]
    reference: Mapped[str | None]
    payer_iban: Mapped[str | None] = mapped_column(EncryptedText(), **personal("iban", erase="null", is_encrypted=True))
    public_id: Mapped[UUID] = mapped_column(
        default=new_public_id, server_default=AnyId(), comment="dbops: made by the client, never changed"
    )
    refund_iban = encrypted(
        EncryptedText(), bind=("org_id", "public_id"), **personal("iban", erase="null", is_encrypted=True)
    )
    """Where money of this payment goes back to; sealed for its row, so that nobody moves it to another payment."""

    __table_args__ = table(
        tenant_reference("customer_id", "customer"),
        code_reference("currency", "currency.code"),
        Index(None, "org_id", "public_id", unique=True),
        index("org_id", "customer_id"),
        index("org_id", "received_on"),
        index("currency"),
        CheckConstraint(
            "method IN ('bank_transfer', 'card', 'cash', 'direct_debit', 'wallet')", name="method_known"
        ).ddl_if(dialect="sqlite"),
        CheckConstraint("length(public_id) = 36", name="public_id_is_a_uuid").ddl_if(dialect="sqlite"),
        one_of("direction", "incoming", "outgoing"),
        rule("amount_positive", "amount > 0"),
        rule("base_amount_positive", "base_amount > 0"),
        comment="Payments",
    )


class PaymentAllocation(Base):
    """The part of a payment that settles one invoice."""

    __tablename__ = "payment_allocation"
    org_id: Mapped[KeyPart]
    payment_id: Mapped[KeyPart]
    invoice_id: Mapped[KeyPart]
    amount: Mapped[Decimal]
    base_amount: Mapped[Decimal]

    __table_args__ = table(
        tenant_reference("payment_id", "payment", cascade=True),
        tenant_reference("invoice_id", "invoice"),
        index("org_id", "invoice_id"),
        rule("amount_positive", "amount > 0"),
        rule("base_amount_positive", "base_amount > 0"),
        comment="What a payment settles",
    )
