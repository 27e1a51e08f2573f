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
_TITLES = {trade.SERIES: "Invoice", trade.CREDIT_SERIES: "Credit note"}


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
    entries, days, kinds, sources, texts = _booked(block)
    moments = {day: people.noon(day) for day in set(days)}
    period_of = {str(row["name"]): row["id"] for row in periods}
    periods_of = {day: period_of[str(day.year)] for day in moments}
    context.load(
        "journal_entry",
        {
            "org_id": acting.number,
            "id": entries,
            "period_id": [periods_of[day] for day in days],
            "booked_on": days,
            "source_kind": kinds,
            "source_id": sources,
            "reversal_of": None,
            "description": texts,
            "created_at": [moments[day] for day in days],
        },
    )
    owner, pos, account, debit, credit = _sides(block)
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


def _booked(block: Trade) -> tuple[list[int], list[date], list[str], list[int], list[str]]:
    """Return bookings by column: key, day, kind and number of what is booked, text; a payment follows its invoice."""
    keys: list[int] = []
    days: list[date] = []
    kinds: list[str] = []
    sources: list[int] = []
    texts: list[str] = []
    documents = zip(count(block.first), block.series, block.number, block.issued, block.received, strict=False)
    for place, series, number, issued, received in documents:
        key = trade.FIRST_ENTRY + 2 * place
        keys.append(key)
        days.append(issued)
        kinds.append("invoice")
        sources.append(trade.FIRST_INVOICE + place)
        texts.append(f"{_TITLES[series]} {series}{number}")
        if received is not None:
            payment = trade.FIRST_PAYMENT + place
            keys.append(key + 1)
            days.append(received)
            kinds.append("payment")
            sources.append(payment)
            texts.append(f"Payment {payment}")
    return keys, days, kinds, sources, texts


def _sides(block: Trade) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    """Return lines of bookings by column: booking, position, account, debit and credit in cents."""
    owner: list[int] = []
    pos: list[int] = []
    account: list[int] = []
    debit: list[int] = []
    credit: list[int] = []
    documents = zip(
        count(trade.FIRST_ENTRY + 2 * block.first, 2), block.series, block.base_net, block.base_tax, block.base_paid,
        block.received,
        strict=False,
    )  # fmt: skip
    for key, series, net, tax, paid, received in documents:
        here, there = (credit, debit) if series == trade.CREDIT_SERIES else (debit, credit)
        if tax:
            owner += key, key, key
            pos += 1, 2, 3
            account += RECEIVABLES, REVENUE, OUTPUT_TAX
            here += net + tax, 0, 0
            there += 0, net, tax
        else:
            owner += key, key
            pos += 1, 2
            account += RECEIVABLES, REVENUE
            here += net, 0
            there += 0, net
        if received is not None:
            owner += key + 1, key + 1
            pos += 1, 2
            account += BANK, RECEIVABLES
            debit += paid, 0
            credit += 0, paid
    return owner, pos, account, debit, credit


def _close_first(context: SeedContext, acting: Firm, periods: Sequence[Row]) -> None:
    period = context.metadata.tables["fiscal_period"]
    closing = people.noon(date(documents.last_leap_day(context.as_of).year + 1, 1, 31))
    context.connection.execute(
        period.update()
        .where(period.c.org_id == acting.number, period.c.id == periods[0]["id"])
        .values(closed_at=closing)
    )
