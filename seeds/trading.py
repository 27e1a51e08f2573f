"""Documents: quotes, invoices with credit notes, and the payments that settle them."""

from __future__ import annotations

from datetime import date, timedelta
from operator import add
from typing import TypeVar

from sqlalchemy import text

from pytest_dbops import Scaled, SeedContext, seeder
from seeds import cleaning, documents, trade
from seeds.billing import Rate, invoice_rows, quote_rows
from seeds.firms import Firm
from seeds.people import noon, recipients
from seeds.private import private_columns
from seeds.public_ids import EDGE_BLOCK, public_ids, words_for
from seeds.tenant import act_for, fill, finish, rates_of
from seeds.trade import Trade

T = TypeVar("T")

LOCK = text("UPDATE invoice SET locked_at = created_at WHERE org_id = :org_id AND status <> 'draft'")
QUOTE_DAYS = 20
METHODS = ("bank_transfer", "card", "direct_debit", "wallet", "cash")


@seeder(
    "quotes",
    tables=("quote", "quote_line"),
    depends_on=("customers", "products", "projects"),
    scope="organization",
    clean=cleaning.remover(("quote", "quote_line")),
)
def quotes(context: SeedContext) -> None:
    """Quotes in every state; each drawn one was accepted and is billed by an invoice."""
    acting = act_for(context)
    rates = rates_of(context, acting)
    fill(context, quote_rows(acting, documents.OFFERS, rates, context.as_of))
    context.note("quotes", [offer.id for offer in documents.OFFERS])
    for block in trade.blocks(context, acting, rates):
        _load_quotes(context, acting, block, rates)
    finish(context)


@seeder(
    "invoices",
    tables=("invoice", "invoice_line", "invoice_tax"),
    depends_on=("quotes",),
    scope="organization",
    clean=cleaning.remover(("invoice", "invoice_line", "invoice_tax")),
)
def invoices(context: SeedContext) -> None:
    """Invoices and credit notes with every edge the invariants know, and others; all but drafts are locked."""
    acting = act_for(context)
    rates = rates_of(context, acting)
    made = edge_documents(context, acting, rates)
    fill(context, {table: made[table] for table in ("invoice", "invoice_line", "invoice_tax")})
    context.note("invoices", range(1, trade.FIRST_INVOICE))
    for block in trade.blocks(context, acting, rates):
        _load_invoices(context, acting, block)
    context.connection.execute(LOCK, {"org_id": acting.number})
    finish(context)


@seeder(
    "payments",
    tables=("payment", "payment_allocation"),
    depends_on=("invoices",),
    version=2,
    scope="organization",
    clean=cleaning.remover(("payment", "payment_allocation")),
)
def payments(context: SeedContext) -> None:
    """Payments in full and in part, one for two invoices, one paid back, and others."""
    acting = act_for(context)
    rates = rates_of(context, acting)
    made = edge_documents(context, acting, rates)
    rows, days = made["payment"], [day for row in made["payment"] if isinstance(day := row["received_on"], date)]
    ids = public_ids(words_for(context, "payment", {EDGE_BLOCK: len(days)}), days)
    told = [{**row, "public_id": public_id} for row, public_id in zip(rows, ids, strict=True)]
    fill(context, {"payment": told, "payment_allocation": made["payment_allocation"]})
    context.note("payments", [int(str(row["id"])) for row in made["payment"]])
    for block in trade.blocks(context, acting, rates):
        _load_payments(context, acting, block)
    finish(context)


def edge_documents(context: SeedContext, acting: Firm, rates: list[Rate]) -> dict[str, list[dict[str, object]]]:
    """Return the documents every organization has, with what was paid of them, as rows by table."""
    ago = (context.as_of - documents.last_leap_day(context.as_of)).days
    bills, receipts = documents.bills(ago), documents.receipts(ago)
    return invoice_rows(acting, bills, receipts, rates, recipients(acting), context.as_of)


def _load_quotes(context: SeedContext, acting: Firm, block: Trade, rates: list[Rate]) -> None:
    quoted = trade.quoted_of(block.first, block.count)
    if not quoted:
        return
    ids = {index: trade.FIRST_QUOTE + (block.first + index) // 10 for index in quoted}
    days = {index: block.issued[index] - timedelta(days=QUOTE_DAYS) for index in quoted}
    lines = [line for index in quoted for line in range(block.starts[index], block.starts[index + 1])]
    of_lines = block.lines
    then = [_rate_then(rates, of_lines.rate[line], days[of_lines.document[line]]) for line in lines]
    tax = [(of_lines.net[line] * rate.percent_bp + 5_000) // 10_000 for line, rate in zip(lines, then, strict=True)]
    taxed: dict[int, int] = dict.fromkeys(quoted, 0)
    for line, cents in zip(lines, tax, strict=True):
        taxed[of_lines.document[line]] += cents
    context.load(
        "quote",
        {
            "org_id": acting.number,
            "id": list(ids.values()),
            "number": [3000 + number for number in ids.values()],
            "customer_id": [block.customer[index].id for index in quoted],
            "project_id": None,
            "status": "accepted",
            "issued_on": list(days.values()),
            "valid_until": [day + timedelta(days=30) for day in days.values()],
            "currency": [block.customer[index].currency for index in quoted],
            "net": Scaled([block.net[index] for index in quoted], 2),
            "tax": Scaled([taxed[index] for index in quoted], 2),
            "gross": Scaled([block.net[index] + taxed[index] for index in quoted], 2),
            **_made(list(days.values())),
        },
    )
    context.load(
        "quote_line",
        {
            "org_id": acting.number,
            "quote_id": [ids[of_lines.document[line]] for line in lines],
            **_line_columns(block, lines),
            "tax_rate_id": [rate.id for rate in then],
            "tax_pct": Scaled([rate.percent_bp for rate in then], 2),
            "tax": Scaled(tax, 2),
        },
    )
    context.note("quotes", ids.values())


def _load_invoices(context: SeedContext, acting: Firm, block: Trade) -> None:
    first = trade.FIRST_INVOICE + block.first
    ids = range(first, first + block.count)
    kind, credited, quoted = ["invoice"] * block.count, [None] * block.count, [None] * block.count
    notes, accepted = trade.credits_of(block.first, block.count), trade.quoted_of(block.first, block.count)
    kind[notes.start :: trade.CYCLE] = ["credit_note"] * len(notes)
    credited[notes.start :: trade.CYCLE] = [first + index - 1 for index in notes]
    quoted[accepted.start :: accepted.step] = [trade.FIRST_QUOTE + (block.first + index) // 10 for index in accepted]
    context.load(
        "invoice",
        {
            "org_id": acting.number,
            "id": ids,
            "series": block.series,
            "number": block.number,
            "kind": kind,
            "credit_of_id": credited,
            "customer_id": [customer.id for customer in block.customer],
            "quote_id": quoted,
            "project_id": None,
            "status": block.status,
            "issued_on": block.issued,
            "due_on": block.due,
            "currency": [customer.currency for customer in block.customer],
            "fx_rate": Scaled([customer.fx_rate for customer in block.customer], 6),
            "net": Scaled(block.net, 2),
            "tax": Scaled(block.tax, 2),
            "gross": Scaled(list(map(add, block.net, block.tax)), 2),
            "paid": Scaled(block.paid, 2),
            "base_net": Scaled(block.base_net, 2),
            "base_tax": Scaled(block.base_tax, 2),
            "base_gross": Scaled(list(map(add, block.base_net, block.base_tax)), 2),
            "base_paid": Scaled(block.base_paid, 2),
            "bill_to_snapshot": [customer.recipient for customer in block.customer],
            "content_hash": trade.content_hashes(block),
            **_made(block.issued),
        },
    )
    lines = block.lines
    context.load(
        "invoice_line",
        {
            "org_id": acting.number,
            "invoice_id": [ids[index] for index in lines.document],
            **_line_columns(block, None),
            "tax_rate_id": [rate.id for rate in lines.rate],
            "tax_pct": Scaled(lines.percent, 2),
            "tax": Scaled(lines.tax, 2),
        },
    )
    document, percent, base, tax = trade.tax_summary(block)
    context.load(
        "invoice_tax",
        {
            "org_id": acting.number,
            "invoice_id": [ids[index] for index in document],
            "tax_pct": Scaled(percent, 2),
            "base": Scaled(base, 2),
            "tax": Scaled(tax, 2),
        },
    )
    context.note("invoices", ids)


def _load_payments(context: SeedContext, acting: Firm, block: Trade) -> None:
    paid = [index for index in range(block.count) if block.paid[index]]
    if not paid:
        return
    ids = [trade.FIRST_PAYMENT + block.first + index for index in paid]
    amount = [block.paid[index] for index in paid]
    base = [block.base_paid[index] for index in paid]
    days = [day for index in paid if (day := block.received[index]) is not None]
    counts = trade.counts(paid, block.count)
    words = words_for(context, "payment", dict(enumerate(counts, start=block.first // trade.DRAWN)))
    known = {
        "org_id": acting.number,
        "public_id": public_ids(words, days),
        "customer_id": [block.customer[index].id for index in paid],
    }
    context.load(
        "payment",
        {
            **known,
            "id": ids,
            "method": trade.drawn(
                context,
                "payment",
                block.first,
                counts,
                lambda draws, count: draws.choices("method", count, METHODS),
            ),
            "direction": "incoming",
            "amount": Scaled(amount, 2),
            "base_amount": Scaled(base, 2),
            "currency": [block.customer[index].currency for index in paid],
            "received_on": days,
            "reference": [f"payment {number}" for number in ids],
            **_made(days),
            **private_columns(context, "payment", known),
        },
    )
    context.load(
        "payment_allocation",
        {
            "org_id": acting.number,
            "payment_id": ids,
            "invoice_id": [trade.FIRST_INVOICE + block.first + index for index in paid],
            "amount": Scaled(amount, 2),
            "base_amount": Scaled(base, 2),
        },
    )
    context.note("payments", ids)


def _line_columns(block: Trade, chosen: list[int] | None) -> dict[str, object]:
    """Return what quotes and invoices have of lines in common; chosen: which lines, None for all."""
    lines = block.lines

    def of(column: list[T]) -> list[T]:
        return column if chosen is None else [column[line] for line in chosen]

    products = of(lines.product)
    return {
        "pos": of(lines.pos),
        "product_id": [product.id for product in products],
        "description": [product.name for product in products],
        "quantity": Scaled(of(lines.quantity), 3),
        "unit_price": Scaled(of(lines.price), 2),
        "discount_pct": Scaled(of(lines.discount), 2),
        "net": Scaled(of(lines.net), 2),
    }


def _made(days: list[date]) -> dict[str, object]:
    moments = {day: noon(day) for day in set(days)}
    made = [moments[day] for day in days]
    return {"created_at": made, "updated_at": made, "row_version": 1}


def _rate_then(rates: list[Rate], rate: Rate, day: date) -> Rate:
    return next(each for each in rates if each.holds(rate.kind, day))
