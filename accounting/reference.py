"""Facts of the world that all tenants share; only migrations and seeds write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accounting.schema import Base, OwnId, code_reference, index, one_of, rule, table
from accounting.types import PERCENT


class Country(Base):
    """A country, by its ISO 3166-1 code."""

    __tablename__ = "country"
    code2: Mapped[str] = mapped_column(primary_key=True)
    code3: Mapped[str]
    name: Mapped[str]
    eu: Mapped[bool]
    vat_prefix: Mapped[str | None]

    __table_args__ = table(
        UniqueConstraint("code3"),
        rule("code2_has_two_letters", "length(code2) = 2"),
        rule("code3_has_three_letters", "length(code3) = 3"),
        comment="Countries by ISO 3166-1 code",
    )


class Currency(Base):
    """A currency, by its ISO 4217 code, with the smallest amount that is written in it."""

    __tablename__ = "currency"
    code: Mapped[str] = mapped_column(primary_key=True)
    minor_units: Mapped[int]
    smallest_amount: Mapped[Decimal]
    name: Mapped[str]

    __table_args__ = table(
        rule("code_has_three_letters", "length(code) = 3"),
        rule("minor_units_plausible", "minor_units BETWEEN 0 AND 4"),
        rule("smallest_amount_positive", "smallest_amount > 0"),
        comment="Currencies by ISO 4217 code",
    )


class TaxRate(Base):
    """A rate of value added tax with the days on which it holds; `valid_to` is the last day, or open."""

    __tablename__ = "tax_rate"
    id: Mapped[OwnId]
    country_code: Mapped[str]
    kind: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(PERCENT)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = table(
        code_reference("country_code", "country.code2"),
        UniqueConstraint("country_code", "kind", "valid_from"),
        one_of("kind", "standard", "reduced", "zero", "exempt", "reverse"),
        rule("rate_not_negative", "rate >= 0"),
        rule("days_in_order", "valid_to IS NULL OR valid_to >= valid_from"),
        comment="Value added tax by country, kind and time",
    )


class Category(Base):
    """A heading under which products are sold and accounts are reported."""

    __tablename__ = "category"
    id: Mapped[OwnId]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    parent_id: Mapped[int | None]

    __table_args__ = table(
        ForeignKeyConstraint(["parent_id"], ["category.id"], ondelete="RESTRICT"),
        UniqueConstraint("code"),
        index("parent_id"),
        one_of("kind", "income", "expense", "asset", "liability"),
        rule("not_its_own_parent", "parent_id <> id"),
        comment="Headings of products and accounts",
    )


class Permission(Base):
    """Something a role may do."""

    __tablename__ = "permission"
    code: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str]

    __table_args__ = table(comment="What roles may do")


class RetentionPolicy(Base):
    """How long a country's law wants a kind of record kept, counted from the end of a calendar year."""

    __tablename__ = "retention_policy"
    country_code: Mapped[str] = mapped_column(primary_key=True)
    record_kind: Mapped[str] = mapped_column(primary_key=True)
    years: Mapped[int]
    from_event: Mapped[str]
    citation: Mapped[str]

    __table_args__ = table(
        code_reference("country_code", "country.code2"),
        one_of("record_kind", "invoice", "ledger", "letter", "quote"),
        one_of("from_event", "end_of_year_issued", "end_of_year_booked", "end_of_year_sent"),
        rule("years_positive", "years > 0"),
        comment="Legal retention by country and kind of record",
    )
