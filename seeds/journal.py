"""The ledger: accounts, periods, and one posted booking for each issued document and each payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import count

from sqlalchemy import text

from pytest_dbops import Scaled, SeedContext, seeder
from seeds import books, cleaning, documents, people, trade
from seeds.books import BANK, OUTPUT_TAX, RECEIVABLES, REVENUE
from seeds.firms import Firm
from seeds.people import Row
from seeds.tenant import act_for, fill, finish, rates_of
from seeds.trade import Trade
from seeds.trading import edge_documents

TABLES = ("account", "fiscal_period", "journal_entry", "journal_line")
POST = text("UPDATE journal_entry SET posted_at = created_at WHERE org_id = :org_id")

Side = tuple[int, int, int, int, int]
"""Entry, position, account, debit and credit in cents."""


@seeder(
    "journal",
    tables=TABLES,
    depends_on=("payments",),
    scope="organization",
    clean=cleaning.remover(TABLES),
)
def journal(context: SeedContext) -> None:
    """Books that balance: every document and payment posted, one mistake undone, one year closed."""
    acting = act_for(context)
    rates = rates_of(context, acting)
    periods = books.period_rows(acting, documents.last_leap_day(context.as_of), context.as_of)
    context.insert("account", books.account_rows(acting))
    context.insert("fiscal_period", periods)
    fill(context, books.entry_rows(acting, edge_documents(context, acting, rates), periods, context.as_of))
    for block in trade.blocks(context, acting, rates):
        _load_entries(context, acting, block, periods)
    context.connection.execute(POST, {"org_id": acting.number})
    _close_first(context, acting, periods)
    finish(context)


def _load_entries(context: SeedContext, acting: Firm, block: Trade, periods: Sequence[Row]) -> None:
    period_of = {str(row["name"]): row["id"] for row in periods}
    days: list[date] = []
    entries: list[tuple[int, str, int, str]] = []
    sides: list[Side] = []
    amounts = zip(
        *(trade.in_base(column, block.customer) for column in (block.net, block.tax, block.paid)), strict=True
    )
    for number, (net, tax, paid), issued, received in zip(
        count(block.first), amounts, block.issued, block.received, strict=False
    ):
        entry = trade.FIRST_ENTRY + 2 * number
        series, counted = trade.series_of(number)
        is_note = series == trade.CREDIT_SERIES
        days.append(issued)
        text = f"{'Credit note' if is_note else 'Invoice'} {series}{counted}"
        entries.append((entry, "invoice", trade.FIRST_INVOICE + number, text))
        if is_note:
            sides += ((entry, 1, RECEIVABLES, 0, net + tax), (entry, 2, REVENUE, net, 0))
        else:
            sides += ((entry, 1, RECEIVABLES, net + tax, 0), (entry, 2, REVENUE, 0, net))
        if tax:
            sides.append((entry, 3, OUTPUT_TAX, tax, 0) if is_note else (entry, 3, OUTPUT_TAX, 0, tax))
        if received is not None:
            payment = trade.FIRST_PAYMENT + number
            days.append(received)
            entries.append((entry + 1, "payment", payment, f"Payment {payment}"))
            sides += ((entry + 1, 1, BANK, paid, 0), (entry + 1, 2, RECEIVABLES, 0, paid))
    periods_of = {day: period_of[str(day.year)] for day in set(days)}
    _write(context, acting, entries, days, sides, [periods_of[day] for day in days])


def _write(
    context: SeedContext, acting: Firm, entries: Sequence[tuple[int, str, int, str]], days: Sequence[date],
    sides: Sequence[Side], periods: Sequence[object],
) -> None:  # fmt: skip
    moments = {day: people.noon(day) for day in set(days)}
    ids, kinds, sources, texts = zip(*entries, strict=True)
    context.load(
        "journal_entry",
        {
            "org_id": acting.number,
            "id": ids,
            "period_id": list(periods),
            "booked_on": list(days),
            "source_kind": kinds,
            "source_id": sources,
            "reversal_of": None,
            "description": texts,
            "created_at": [moments[day] for day in days],
        },
    )
    owner, pos, account, debit, credit = zip(*sides, strict=True)
    context.load(
        "journal_line",
        {
            "org_id": acting.number,
            "entry_id": owner,
            "pos": pos,
            "account_id": account,
            "debit": Scaled(debit, 2),
            "credit": Scaled(credit, 2),
        },
    )


def _close_first(context: SeedContext, acting: Firm, periods: Sequence[Row]) -> None:
    period = context.metadata.tables["fiscal_period"]
    closing = people.noon(date(documents.last_leap_day(context.as_of).year + 1, 1, 31))
    context.connection.execute(
        period.update()
        .where(period.c.org_id == acting.number, period.c.id == periods[0]["id"])
        .values(closed_at=closing)
    )
