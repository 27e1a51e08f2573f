"""The drawn documents of an organization, thousands at a time: lines first, then totals, then what was paid.

Every column is a list of whole numbers, so that a hundred thousand invoices take seconds. A block is the same whoever
asks for it: quotes, invoices, payments and the ledger share the first ones, and work the others out anew, so that
memory does not grow with the number of documents.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, chain, pairwise, repeat
from operator import sub
from typing import TypeVar

from accounting.amounts import in_base_currency
from pytest_dbops import SeedContext
from seeds import market
from seeds.billing import Rate
from seeds.documents import ONE
from seeds.firms import Firm
from seeds.market import OVERSEAS, UNION, Customer, Product

T = TypeVar("T")

EDGES = 14
"""Documents every organization has; the drawn ones come after."""

FIRST_INVOICE, FIRST_QUOTE, FIRST_PAYMENT, FIRST_ENTRY = 15, 7, 101, 1001
DRAWN = 1000
"""So many documents are drawn at one address."""

BLOCK = 4 * DRAWN
CYCLE = 20
"""Of so many documents the last is a credit note, which takes back the one before it."""

KEPT = 8
"""Blocks that are kept from one seeder to the next, about four megabytes each."""

QUOTED = 5
"""Which document of ten goes back to a quote."""

SPAN_DAYS = 680
DAYS_TO_PAY = 30
SERIES, CREDIT_SERIES = "S", "T"

_kept: dict[tuple[object, int], Trade] = {}
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
    percent: list[int]
    tax: list[int]


@dataclass(frozen=True, slots=True)
class Trade:
    """A block of documents by column; `starts` are the bounds of each document's lines. Money in cents."""

    first: int
    customer: list[Customer]
    series: list[str]
    number: list[int]
    issued: list[date]
    due: list[date]
    status: list[str]
    net: list[int]
    tax: list[int]
    paid: list[int]
    base_net: list[int]
    base_tax: list[int]
    base_paid: list[int]
    received: list[date | None]
    starts: list[int]
    lines: Lines

    @property
    def count(self) -> int:
        """How many documents there are."""
        return len(self.customer)


class _Days(dict[int, date]):
    """Days by number, each of them one object."""

    def __missing__(self, number: int) -> date:
        day = self[number] = date.fromordinal(number)
        return day


def blocks(context: SeedContext, firm: Firm, rates: Sequence[Rate]) -> Iterator[Trade]:
    """Yield the drawn documents of an organization in the order of their days."""
    total = max(0, context.scale.invoices - EDGES)
    made_of = (context.seed, firm, context.as_of, context.scale, tuple(rates))
    parties: tuple[Sequence[Customer], Sequence[Product]] | None = None
    for first in range(0, total, BLOCK):
        block = _kept.get((made_of, first))
        if block is None:
            parties = parties or (market.customers(context, firm), market.products(context))
            if not all(parties):
                return
            block = _block(context, first, min(BLOCK, total - first), total, *parties, rates)
            if len(_kept) < KEPT:
                _kept[made_of, first] = block
        yield block


def forget() -> None:
    """Keep no block any more, as if nobody had asked for one."""
    _kept.clear()


def drawn(context: SeedContext, table: str, first: int, counts: Sequence[int], draw: Callable[..., list[T]]) -> list[T]:
    """Return values for documents from `first` on, which are drawn at several addresses: so many at each of them."""
    return [
        value
        for number, count in enumerate(counts, start=first // DRAWN)
        for value in draw(context.draws(table, number), count)
    ]


def counts(places: Sequence[int], count: int) -> list[int]:
    """Return how many of these places, in order, fall on each of the addresses at which a block is drawn."""
    bounds = [bisect_left(places, end) for end in (*range(0, count, DRAWN), count)]
    return list(map(sub, bounds[1:], bounds))


def credits_of(first: int, count: int) -> range:
    """Return the places of the credit notes in a block; blocks begin at a multiple of the cycle."""
    return range(CYCLE - 1 - first % CYCLE, count, CYCLE)


def quoted_of(first: int, count: int) -> range:
    """Return the places of the documents in a block that go back to a quote; blocks begin at a multiple of ten."""
    return range(QUOTED, count, 10)


def content_hashes(trade: Trade) -> list[bytes]:
    """Return what `accounting.sealing.content_hash` gives for each document, from the columns."""
    lines, iso = trade.lines, {day: day.isoformat() for day in {*trade.issued, *trade.due}}
    columns = zip(
        lines.pos, [product.told for product in lines.product], lines.quantity, lines.price, lines.discount, lines.net,
        lines.percent, lines.tax, strict=True,
    )  # fmt: skip
    told = list(map("[%d,%s,%d,%d,%d,%d,%d,%d]".__mod__, columns))
    billed = {each.id: market.told(each.recipient) for each in {id(each): each for each in trade.customer}.values()}
    credited: list[int | str] = ["null"] * trade.count
    kind = ["invoice"] * trade.count
    for index in credits_of(trade.first, trade.count):
        credited[index], kind[index] = FIRST_INVOICE + trade.first + index - 1, "credit_note"
    texts = [
        f'{{"bill_to":{billed[who.id]},"credit_of_id":{credit},"currency":"{who.currency}","customer_id":{who.id},'
        f'"due_on":"{iso[due]}","fx_rate":{who.fx_rate},"gross":{net + tax},"issued_on":"{iso[issued]}",'
        f'"kind":"{what}","lines":[{",".join(told[start:end])}],"net":{net},"number":{number},"series":"{series}",'
        f'"tax":{tax}}}'
        for who, credit, due, net, tax, issued, what, (start, end), number, series in zip(
            trade.customer, credited, trade.due, trade.net, trade.tax, trade.issued, kind, pairwise(trade.starts),
            trade.number, trade.series, strict=True,
        )
    ]  # fmt: skip
    return [hashlib.sha256(text.encode()).digest() for text in texts]


def tax_summary(trade: Trade) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return (document, rate in hundredths of a percent, net, tax) of each rate of each document, by column."""
    document: list[int] = []
    rate: list[int] = []
    nets: list[int] = []
    taxes: list[int] = []
    lines, percents = trade.lines, trade.lines.percent
    for index, (start, end) in enumerate(pairwise(trade.starts)):
        mine = percents[start:end]
        if mine.count(mine[0]) == end - start:
            sums = {mine[0]: (trade.net[index], trade.tax[index])}
        else:
            sums = {}
            for percent, one, other in zip(mine, lines.net[start:end], lines.tax[start:end], strict=True):
                net, tax = sums.get(percent, (0, 0))
                sums[percent] = net + one, tax + other
        for percent, (net, tax) in sums.items():
            document.append(index)
            rate.append(percent)
            nets.append(net)
            taxes.append(tax)
    return document, rate, nets, taxes


def _block(
    context: SeedContext, first: int, count: int, total: int, customers: Sequence[Customer],
    products: Sequence[Product], rates: Sequence[Rate],
) -> Trade:  # fmt: skip
    many = counts(range(count), count)
    chosen = drawn(context, "invoice", first, many, lambda draws, each: draws.choices("customer", each, customers))
    sizes = drawn(
        context, "invoice", first, many,
        lambda draws, each: draws.weighted("lines", each, (1, 2, 3, 4), (50, 30, 13, 7)),
    )  # fmt: skip
    days, begin = _Days(), context.as_of.toordinal() - SPAN_DAYS
    issued = [begin + (first + index) * (SPAN_DAYS - 1) // total for index in range(count)]
    due = [day + DAYS_TO_PAY for day in issued]
    for index in credits_of(first, count):
        chosen[index], sizes[index], due[index] = chosen[index - 1], sizes[index - 1], issued[index]
    starts = list(accumulate(sizes, initial=0))
    issued_on = list(map(days.__getitem__, issued))
    lines = _lines(context, first, many, chosen, issued_on, sizes, starts, products, rates)
    net, tax = (_sums(column, starts) for column in (lines.net, lines.tax))
    gross = [one + other for one, other in zip(net, tax, strict=True)]
    paid, received = _payments(context, first, many, gross, due)
    series, numbers = _numbers(first, count)
    exchange = [customer.fx_rate for customer in chosen]
    return Trade(
        first, chosen, series, numbers, issued_on, list(map(days.__getitem__, due)),
        _statuses(first, paid, gross, due, context.as_of.toordinal()), net, tax, paid,
        _in_base(net, exchange), _in_base(tax, exchange), _in_base(paid, exchange),
        [None if day is None else days[day] for day in received], starts, lines,
    )  # fmt: skip


def _lines(
    context: SeedContext, first: int, documents: Sequence[int], chosen: Sequence[Customer], issued: Sequence[date],
    sizes: Sequence[int], starts: Sequence[int], products: Sequence[Product], rates: Sequence[Rate],
) -> Lines:  # fmt: skip
    bounds = [starts[end] for end in accumulate(documents, initial=0)]
    many = list(map(sub, bounds[1:], bounds))

    def of_lines(draw: Callable[..., list[T]]) -> list[T]:
        return drawn(context, "invoice_line", first, many, draw)

    product = of_lines(lambda draws, count: draws.choices("product", count, products))
    quarters = of_lines(lambda draws, count: draws.integers("quantity", count, 1, 40))
    discount = of_lines(lambda draws, count: draws.weighted("discount", count, (0, 500, 1250), (80, 12, 8)))
    for index in credits_of(first, len(chosen)):
        here, there = slice(starts[index], starts[index + 1]), slice(starts[index - 1], starts[index])
        product[here], quarters[here], discount[here] = product[there], quarters[there], discount[there]
    document = list(chain.from_iterable(map(repeat, range(len(sizes)), sizes)))
    far = list(chain.from_iterable(map(repeat, [each.reach == OVERSEAS for each in chosen], sizes)))
    # Abroad only whole numbers are sold at whole prices: no currency has decimals then that it does not know.
    quantity = [1000 * number if is_far else 250 * number for number, is_far in zip(quarters, far, strict=True)]
    price = [each.price // 100 * 100 + 100 if is_far else each.price for each, is_far in zip(product, far, strict=True)]
    discount = [0 if is_far else share for share, is_far in zip(discount, far, strict=True)]
    in_force = {day: _in_force(rates, day) for day in set(issued)}
    choice = [
        (in_force[day], each.reach if each.reach in (UNION, OVERSEAS) else "")
        for day, each in zip(issued, chosen, strict=True)
    ]
    rate = [
        by_kind[abroad or each.tax]
        for (by_kind, abroad), each in zip(chain.from_iterable(map(repeat, choice, sizes)), product, strict=True)
    ]
    net = [
        (amount * cents * (10_000 - share) + 5_000_000) // 10_000_000 if share else (amount * cents + 500) // 1000
        for amount, cents, share in zip(quantity, price, discount, strict=True)
    ]
    percent = [each.percent_bp for each in rate]
    tax = [(cents * share + 5_000) // 10_000 for cents, share in zip(net, percent, strict=True)]
    pos = list(chain.from_iterable(map(_POSITIONS.__getitem__, sizes)))
    return Lines(document, pos, product, quantity, price, discount, net, rate, percent, tax)


def _payments(
    context: SeedContext, first: int, many: Sequence[int], gross: Sequence[int], due: Sequence[int]
) -> tuple[list[int], list[int | None]]:
    """Return what was paid of each document and on which day; most in full, some in part, some not yet."""
    shares = drawn(
        context, "payment", first, many,
        lambda draws, each: draws.weighted("share", each, ("all", "part", "none"), (78, 6, 16)),
    )  # fmt: skip
    delays = drawn(context, "payment", first, many, lambda draws, each: draws.integers("delay", each, -20, 25))
    today = context.as_of.toordinal()
    days = [day + delay for day, delay in zip(due, delays, strict=True)]
    paid = [
        0 if share == "none" or day > today else cents // 200 * 100 if share == "part" else cents
        for share, day, cents in zip(shares, days, gross, strict=True)
    ]
    for index in credits_of(first, len(gross)):
        paid[index - 1] = paid[index] = 0
    return paid, [day if cents else None for day, cents in zip(days, paid, strict=True)]


def _statuses(first: int, paid: Sequence[int], gross: Sequence[int], due: Sequence[int], today: int) -> list[str]:
    statuses = [
        "paid" if settled == cents else "overdue" if day < today else "issued"
        for settled, cents, day in zip(paid, gross, due, strict=True)
    ]
    for index in credits_of(first, len(gross)):
        statuses[index - 1] = "void"
        statuses[index] = "issued" if gross[index] else "paid"
    return statuses


def _numbers(first: int, count: int) -> tuple[list[str], list[int]]:
    """Return series and number of each document; both series have no gaps."""
    series = [SERIES] * count
    numbers = [number - number // CYCLE + 1 for number in range(first, first + count)]
    for index in credits_of(first, count):
        series[index], numbers[index] = CREDIT_SERIES, (first + index) // CYCLE + 1
    return series, numbers


def _in_base(column: Sequence[int], rates: Sequence[int]) -> list[int]:
    """Return amounts of documents in the base currency."""
    return [cents if rate == ONE else in_base_currency(cents, rate) for cents, rate in zip(column, rates, strict=True)]


def _sums(column: Sequence[int], starts: Sequence[int]) -> list[int]:
    """Return the sum of each document's lines."""
    running = list(accumulate(column, initial=0))
    totals = [running[start] for start in starts]
    return list(map(sub, totals[1:], totals))


def _in_force(rates: Sequence[Rate], day: date) -> dict[str, Rate]:
    """Return the rates in force on a day by their kind."""
    return {rate.kind: rate for rate in reversed(rates) if rate.holds(rate.kind, day)}
