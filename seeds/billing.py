"""Turn the documents every organization has into rows: lines first, then totals, then what was paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounting.amounts import as_decimal, in_base_currency, line_net, line_tax
from accounting.sealing import content_hash
from seeds.documents import Bill, Item, Offer, Receipt, settled
from seeds.firms import Firm
from seeds.people import Row, tracked


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate in force on some days; in hundredths of a percent."""

    id: int
    kind: str
    percent_bp: int
    valid_from: date
    valid_to: date | None

    def holds(self, kind: str, day: date) -> bool:
        """Whether it is the rate of its kind on a day."""
        return self.kind == kind and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's net and tax in cents, and its lines as rows without their key."""

    net: int
    tax: int
    lines: tuple[Row, ...]
    by_rate: Mapping[int, tuple[int, int]]


def quote_rows(firm: Firm, offers: Iterable[Offer], rates: Sequence[Rate], as_of: date) -> dict[str, list[Row]]:
    """Return quotes and their lines."""
    quotes: list[Row] = []
    lines: list[Row] = []
    for number, offer in enumerate(sorted(offers, key=lambda each: -each.issued), start=2001):
        issued_on = as_of - timedelta(days=offer.issued)
        totals = _totals(offer.items, rates, issued_on)
        quotes.append(
            {
                "org_id": firm.number,
                "id": offer.id,
                "number": number,
                "customer_id": offer.customer,
                "project_id": offer.project,
                "status": offer.status,
                "issued_on": issued_on,
                "valid_until": as_of - timedelta(days=offer.valid),
                "currency": "JPY" if offer.status == "expired" else "EUR",
                **_amounts(totals),
                **tracked(issued_on),
            }
        )
        lines += ({"org_id": firm.number, "quote_id": offer.id, **line} for line in totals.lines)
    return {"quote": quotes, "quote_line": lines}


def invoice_rows(
    firm: Firm,
    bills: Sequence[Bill],
    payments: Sequence[Receipt],
    rates: Sequence[Rate],
    recipients: Mapping[int, Row],
    as_of: date,
) -> dict[str, list[Row]]:
    """Return invoices, lines, tax summaries, payments and allocations; issued ones carry their hash.

    recipients: what an invoice of each customer says of its recipient.
    """
    totals = {bill.id: _totals(bill.items, rates, as_of - timedelta(days=bill.issued)) for bill in bills}
    gross = {number: each.net + each.tax for number, each in totals.items()}
    parts = settled(payments, gross)
    paid: dict[int, int] = {}
    for bill_id, cents in (part for each in parts.values() for part in each):
        paid[bill_id] = paid.get(bill_id, 0) + cents
    rows: dict[str, list[Row]] = {"invoice": [], "invoice_line": [], "invoice_tax": []}
    for bill in bills:
        lines = [{"org_id": firm.number, "invoice_id": bill.id, **line} for line in totals[bill.id].lines]
        invoice = _invoice(firm, bill, totals[bill.id], paid.get(bill.id, 0), recipients[bill.customer], as_of)
        if bill.status != "draft":
            invoice["content_hash"] = content_hash(invoice, lines)
        rows["invoice"].append(invoice)
        rows["invoice_line"] += lines
        rows["invoice_tax"] += _tax_rows(firm, bill, totals[bill.id])
    by_id = {bill.id: bill for bill in bills}
    rows["payment"] = [_payment(firm, each, parts[each.id], by_id, as_of) for each in payments]
    rows["payment_allocation"] = [
        {
            "org_id": firm.number,
            "payment_id": payment,
            "invoice_id": bill,
            "amount": as_decimal(cents, 2),
            "base_amount": as_decimal(in_base_currency(cents, by_id[bill].fx_rate), 2),
        }
        for payment, settled_parts in parts.items()
        for bill, cents in settled_parts
    ]
    return rows


def _totals(items: Sequence[Item], rates: Sequence[Rate], day: date) -> Totals:
    lines: list[Row] = []
    by_rate: dict[int, tuple[int, int]] = {}
    for pos, item in enumerate(items, start=1):
        rate = _rate_on(item.tax, day, rates)
        net = line_net(item.quantity, item.price, item.discount)
        tax = line_tax(net, rate.percent_bp)
        base, taxed = by_rate.get(rate.percent_bp, (0, 0))
        by_rate[rate.percent_bp] = (base + net, taxed + tax)
        lines.append(
            {
                "pos": pos,
                "product_id": item.product,
                "description": item.text,
                "quantity": as_decimal(item.quantity, 3),
                "unit_price": as_decimal(item.price, 2),
                "discount_pct": as_decimal(item.discount, 2),
                "net": as_decimal(net, 2),
                "tax_rate_id": rate.id,
                "tax_pct": as_decimal(rate.percent_bp, 2),
                "tax": as_decimal(tax, 2),
            }
        )
    sums = [sum(column) for column in zip(*by_rate.values(), strict=True)]
    return Totals(sums[0], sums[1], tuple(lines), by_rate)


def _rate_on(kind: str, day: date, rates: Sequence[Rate]) -> Rate:
    return next(rate for rate in rates if rate.holds(kind, day))


def _amounts(totals: Totals) -> Row:
    return {
        "net": as_decimal(totals.net, 2),
        "tax": as_decimal(totals.tax, 2),
        "gross": as_decimal(totals.net + totals.tax, 2),
    }


def _invoice(firm: Firm, bill: Bill, totals: Totals, paid: int, recipient: Row, as_of: date) -> Row:
    issued_on = as_of - timedelta(days=bill.issued)
    base_net = in_base_currency(totals.net, bill.fx_rate)
    base_tax = in_base_currency(totals.tax, bill.fx_rate)
    return {
        "org_id": firm.number,
        "id": bill.id,
        "series": bill.series,
        "number": bill.number,
        "kind": "credit_note" if bill.credit_of else "invoice",
        "credit_of_id": bill.credit_of,
        "customer_id": bill.customer,
        "quote_id": bill.quote,
        "project_id": bill.project,
        "status": bill.status,
        "issued_on": issued_on,
        "due_on": as_of - timedelta(days=bill.due),
        "currency": bill.currency,
        "fx_rate": as_decimal(bill.fx_rate, 6),
        **_amounts(totals),
        "paid": as_decimal(paid, 2),
        "base_net": as_decimal(base_net, 2),
        "base_tax": as_decimal(base_tax, 2),
        "base_gross": as_decimal(base_net + base_tax, 2),
        "base_paid": as_decimal(in_base_currency(paid, bill.fx_rate), 2),
        "bill_to_snapshot": None if bill.status == "draft" else {"customer_id": bill.customer, **recipient},
        "content_hash": None,
        **tracked(issued_on),
    }


def _tax_rows(firm: Firm, bill: Bill, totals: Totals) -> list[Row]:
    return [
        {
            "org_id": firm.number,
            "invoice_id": bill.id,
            "tax_pct": as_decimal(percent_bp, 2),
            "base": as_decimal(net, 2),
            "tax": as_decimal(tax, 2),
        }
        for percent_bp, (net, tax) in sorted(totals.by_rate.items())
    ]


def _payment(
    firm: Firm, receipt: Receipt, parts: Sequence[tuple[int, int]], bills: Mapping[int, Bill], as_of: date
) -> Row:
    received_on = as_of - timedelta(days=receipt.received)
    amount = sum(cents for _bill, cents in parts)
    base = sum(in_base_currency(cents, bills[bill].fx_rate) for bill, cents in parts)
    return {
        "org_id": firm.number,
        "id": receipt.id,
        "customer_id": receipt.customer,
        "method": receipt.method,
        "direction": receipt.direction,
        "amount": as_decimal(amount, 2),
        "base_amount": as_decimal(base, 2),
        "currency": bills[parts[0][0]].currency,
        "received_on": received_on,
        "reference": f"payment {receipt.id}",
        **tracked(received_on),
    }
