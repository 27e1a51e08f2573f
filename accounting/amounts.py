"""Exact arithmetic in whole cents: how a line is priced, taxed and turned into base currency.

The same rounding is worded a second time in the CHECKs of `quote_line` and `invoice_line`: half away from
zero, once per line.
"""

from __future__ import annotations

from decimal import Decimal


def line_net(quantity_milli: int, unit_price_cents: int, discount_bp: int) -> int:
    """Return a line's net in cents; quantity in thousandths, discount in hundredths of a percent."""
    return _rounded(quantity_milli * unit_price_cents * (10_000 - discount_bp), 10_000_000)


def line_tax(net_cents: int, tax_bp: int) -> int:
    """Return the tax on a net amount in cents; the rate in hundredths of a percent."""
    return _rounded(net_cents * tax_bp, 10_000)


def in_base_currency(cents: int, fx_rate_millionths: int) -> int:
    """Return an amount at a rate of base currency per unit, in cents of the base currency."""
    return _rounded(cents * fx_rate_millionths, 1_000_000)


def as_decimal(scaled: int, places: int) -> Decimal:
    """Return a scaled integer as the decimal a model holds: cents with 2 places, quantities with 3."""
    return Decimal(scaled).scaleb(-places)


def as_scaled(value: Decimal | int, places: int) -> int:
    """Return what a column holds as a scaled integer: a decimal from PostgreSQL, an integer from SQLite."""
    return value if isinstance(value, int) else int(value.scaleb(places))


def _rounded(numerator: int, denominator: int) -> int:
    """Divide non-negative integers, halves rounded up."""
    return (numerator + denominator // 2) // denominator
