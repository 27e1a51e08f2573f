"""The drawn documents of an organization, a block at a time: lines first, then totals, then what was paid.

Every column is a list of whole numbers, so that a hundred thousand invoices take seconds; a block is the same whoever
asks for it, so that invoices, payments and the ledger each work it out anew rather than keep it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise

from accounting.amounts import in_base_currency
from pytest_dbops import SeedContext
from seeds import market
from seeds.billing import Rate
from seeds.documents import ONE
from seeds.firms import Firm
from seeds.market import OVERSEAS, UNION, Customer, Product

EDGES = 14
"""Documents every organization has; the drawn ones come after."""

FIRST_INVOICE, FIRST_QUOTE, FIRST_PAYMENT, FIRST_ENTRY = 15, 7, 101, 1001
BLOCK = 1000
CYCLE = 20
"""Of so many documents the last is a credit note, which takes back the one before it."""

QUOTED = 5
"""Which document of ten goes back to a quote."""

SPAN_DAYS = 680
DAYS_TO_PAY = 30
SERIES, CREDIT_SERIES = "S", "T"

_TOLD = (
    '{"bill_to":%s,"credit_of_id":%s,"currency":"%s","customer_id":%d,"due_on":"%s","fx_rate":%d,"gross":%d,'
    '"issued_on":"%s","kind":"%s","lines":[%s],"net":%d,"number":%d,"series":"%s","tax":%d}'
)

_POSITIONS = ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block by column; quantity in thousandths, money in cents, shares in hundredths of a percent."""

    document: list[int]
    pos: list[int]
    product: list[Product]
    quantity: list[int]
    price: list[int]
    discount: list[int]
    net: list[int]
    rate: list[Rate]
    tax: list[int]


@dataclass(frozen=True, slots=True)
class Trade:
    """A block of documents by column; `starts` are the bounds of each document's lines. Money in cents."""

    first: int
    customer: list[Customer]
    issued: list[date]
    due: list[date]
    status: list[str]
    net: list[int]
    tax: list[int]
    paid: list[int]
    received: list[date | None]
    starts: list[int]
    lines: Lines

    @property
    def count(self) -> int:
        """How many documents there are."""
        return len(self.customer)


def blocks(context: SeedContext, firm: Firm, rates: Sequence[Rate]) -> Iterator[Trade]:
    """Yield the drawn documents of an organization in the order of their days."""
    total = max(0, context.scale.invoices - EDGES)
    customers, products = market.customers(context, firm), market.products(context)
    if not (customers and products):
        return
    rate_on = _rates_by_day(rates)
    for first in range(0, total, BLOCK):
        yield _block(context, first, min(BLOCK, total - first), total, customers, products, rate_on)


def is_credit(number: int) -> bool:
    """Whether a drawn document takes back the one before it."""
    return number % CYCLE == CYCLE - 1


def credits_of(first: int, count: int) -> range:
    """Return the places of the credit notes in a block; blocks begin at a multiple of the cycle."""
    return range(CYCLE - 1 - first % CYCLE, count, CYCLE)


def is_quoted(number: int) -> bool:
    """Whether a drawn document goes back to a quote."""
    return number % 10 == QUOTED


def series_of(number: int) -> tuple[str, int]:
    """Return series and number of a drawn document; both series have no gaps."""
    return (CREDIT_SERIES, number // CYCLE + 1) if is_credit(number) else (SERIES, number - number // CYCLE + 1)


def content_hashes(trade: Trade) -> list[bytes]:
    """Return what `accounting.sealing.content_hash` gives for each document, from the columns."""
    lines = trade.lines
    columns = zip(
        lines.pos, [product.told for product in lines.product], lines.quantity, lines.price, lines.discount, lines.net,
        [rate.percent_bp for rate in lines.rate], lines.tax, strict=True,
    )  # fmt: skip
    told = list(map("[%d,%s,%d,%d,%d,%d,%d,%d]".__mod__, columns))
    iso = {day: day.isoformat() for day in {*trade.issued, *trade.due}}
    hashes = []
    for index, customer in enumerate(trade.customer):
        number = trade.first + index
        series, counted = series_of(number)
        net, tax = trade.net[index], trade.tax[index]
        is_note = series == CREDIT_SERIES
        text = _TOLD % (
            customer.told, FIRST_INVOICE + number - 1 if is_note else "null", customer.currency, customer.id,
            iso[trade.due[index]], customer.fx_rate, net + tax, iso[trade.issued[index]],
            "credit_note" if is_note else "invoice", ",".join(told[trade.starts[index] : trade.starts[index + 1]]),
            net, counted, series, tax,
        )  # fmt: skip
        hashes.append(hashlib.sha256(text.encode()).digest())
    return hashes


def tax_summary(trade: Trade) -> list[tuple[int, int, int, int]]:
    """Return (document, rate in hundredths of a percent, net, tax) of each rate of each document."""
    rows: list[tuple[int, int, int, int]] = []
    lines = trade.lines
    percents = [rate.percent_bp for rate in lines.rate]
    for index, (start, end) in enumerate(pairwise(trade.starts)):
        mine = percents[start:end]
        if len(set(mine)) == 1:
            rows.append((index, mine[0], trade.net[index], trade.tax[index]))
            continue
        by_rate: dict[int, tuple[int, int]] = {}
        for percent, one, other in zip(mine, lines.net[start:end], lines.tax[start:end], strict=True):
            net, tax = by_rate.get(percent, (0, 0))
            by_rate[percent] = net + one, tax + other
        rows += [(index, percent, net, tax) for percent, (net, tax) in by_rate.items()]
    return rows


def in_base(column: Sequence[int], customers: Sequence[Customer]) -> list[int]:
    """Return amounts of documents in the base currency."""
    return [
        cents if customer.fx_rate == ONE else in_base_currency(cents, customer.fx_rate)
        for cents, customer in zip(column, customers, strict=True)
    ]


def _block(
    context: SeedContext, first: int, count: int, total: int, customers: Sequence[Customer],
    products: Sequence[Product], rate_on: Callable[[date, str], Rate],
) -> Trade:  # fmt: skip
    draws = context.draws("invoice", first // BLOCK)
    chosen = draws.choices("customer", count, customers)
    sizes = draws.weighted("lines", count, (1, 2, 3, 4), (50, 30, 13, 7))
    begin = context.as_of - timedelta(days=SPAN_DAYS)
    issued = [begin + timedelta(days=(first + index) * (SPAN_DAYS - 1) // total) for index in range(count)]
    for index in credits_of(first, count):
        chosen[index], sizes[index] = chosen[index - 1], sizes[index - 1]
    starts = list(accumulate(sizes, initial=0))
    lines = _lines(context, first, chosen, issued, sizes, starts, products, rate_on)
    net, tax = (_sums(column, starts) for column in (lines.net, lines.tax))
    due = [day if is_credit(first + index) else day + timedelta(days=DAYS_TO_PAY) for index, day in enumerate(issued)]
    gross = [one + other for one, other in zip(net, tax, strict=True)]
    paid, received = _payments(context, first, gross, due)
    status = [
        _status(first + index, total, paid[index], gross[index], due[index], context.as_of) for index in range(count)
    ]
    return Trade(first, chosen, issued, due, status, net, tax, paid, received, starts, lines)


def _lines(
    context: SeedContext, first: int, chosen: Sequence[Customer], issued: Sequence[date], sizes: Sequence[int],
    starts: Sequence[int], products: Sequence[Product], rate_on: Callable[[date, str], Rate],
) -> Lines:  # fmt: skip
    draws = context.draws("invoice_line", first // BLOCK)
    total = starts[-1]
    product = draws.choices("product", total, products)
    quarters = draws.integers("quantity", total, 1, 40)
    discount = draws.weighted("discount", total, (0, 500, 1250), (80, 12, 8))
    for index in credits_of(first, len(chosen)):
        here, there = slice(starts[index], starts[index + 1]), slice(starts[index - 1], starts[index])
        product[here], quarters[here], discount[here] = product[there], quarters[there], discount[there]
    document = [index for index, size in enumerate(sizes) for _ in range(size)]
    customer = [chosen[index] for index in document]
    far = [each.reach == OVERSEAS for each in customer]
    # Abroad only whole numbers are sold at whole prices: no currency has decimals then that it does not know.
    quantity = [1000 * number if is_far else 250 * number for number, is_far in zip(quarters, far, strict=True)]
    price = [each.price // 100 * 100 + 100 if is_far else each.price for each, is_far in zip(product, far, strict=True)]
    discount = [0 if is_far else share for share, is_far in zip(discount, far, strict=True)]
    rate = [
        rate_on(issued[index], each.tax if who.reach not in (UNION, OVERSEAS) else who.reach)
        for index, each, who in zip(document, product, customer, strict=True)
    ]
    net = [
        (amount * cents * (10_000 - share) + 5_000_000) // 10_000_000
        for amount, cents, share in zip(quantity, price, discount, strict=True)
    ]
    tax = [(cents * each.percent_bp + 5_000) // 10_000 for cents, each in zip(net, rate, strict=True)]
    pos = [number for size in sizes for number in _POSITIONS[size]]
    return Lines(document, pos, product, quantity, price, discount, net, rate, tax)


def _payments(
    context: SeedContext, first: int, gross: Sequence[int], due: Sequence[date]
) -> tuple[list[int], list[date | None]]:
    """Return what was paid of each document and when; most in full, some in part, some not yet."""
    draws = context.draws("payment", first // BLOCK)
    shares = draws.weighted("share", len(gross), ("all", "part", "none"), (78, 6, 16))
    delays = draws.integers("delay", len(gross), -20, 25)
    unpaid = {place for each in credits_of(first, len(gross)) for place in (each - 1, each)}
    paid: list[int] = []
    received: list[date | None] = []
    for index, cents in enumerate(gross):
        day = due[index] + timedelta(days=delays[index])
        if shares[index] == "none" or index in unpaid or day > context.as_of:
            amount = 0
        elif shares[index] == "part":
            amount = cents // 200 * 100
        else:
            amount = cents
        paid.append(amount)
        received.append(day if amount else None)
    return paid, received


def _is_void(number: int, total: int) -> bool:
    return number + 1 < total and is_credit(number + 1)


def _status(number: int, total: int, paid: int, gross: int, due: date, as_of: date) -> str:
    if _is_void(number, total):
        return "void"
    if paid == gross:
        return "paid"
    return "overdue" if due < as_of and not is_credit(number) else "issued"


def _sums(column: Sequence[int], starts: Sequence[int]) -> list[int]:
    """Return the sum of each document's lines."""
    running = list(accumulate(column, initial=0))
    return [running[end] - running[start] for start, end in pairwise(starts)]


def _rates_by_day(rates: Sequence[Rate]) -> Callable[[date, str], Rate]:
    """Return a function that finds the rate in force on a day, and remembers it."""
    known: dict[tuple[date, str], Rate] = {}

    def rate_on(day: date, kind: str) -> Rate:
        found = known.get((day, kind))
        if found is None:
            found = known[day, kind] = next(rate for rate in rates if rate.holds(kind, day))
        return found

    return rate_on
