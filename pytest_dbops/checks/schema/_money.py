"""Which columns hold money, by their names: nothing else in a schema says so."""

from __future__ import annotations

from pytest_dbops.checks.schema._patterns import matches_any
from pytest_dbops.core.catalog import Column, Table

MONEY_NAMES = (
    "amount", "*_amount", "price", "*_price", "salary", "*_salary", "fee", "*_fee", "subtotal", "*_subtotal",
    "gross", "*_gross", "vat", "revenue", "*_revenue", "tax_amount", "discount_amount",
)  # fmt: skip
"""Names that mean money wherever they stand."""

POSSIBLE_MONEY_NAMES = (
    "total", "*_total", "net", "*_net", "tax", "cost", "*_cost", "balance", "*_balance", "paid", "*_paid", "debit",
    "credit", "budget",
)  # fmt: skip
"""Names that mean money only beside another such column or a currency: a loss or a weight has a total too."""


def money_columns(table: Table, names: tuple[str, ...], possible: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns that hold money, in their order."""
    sure, maybe = [], []
    for column in table.columns:
        if matches_any(column.name, names):
            sure.append(column)
        elif matches_any(column.name, possible):
            maybe.append(column)
    if not maybe:
        return tuple(sure)
    is_about_money = bool(sure) or len(maybe) > 1 or any("currency" in c.name.lower() for c in table.columns)
    chosen = sure + maybe if is_about_money else sure
    return tuple(sorted(chosen, key=lambda column: column.position))
