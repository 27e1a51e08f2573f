"""Every organization's quotes, invoices and payments, each chosen for an edge it stands for.

Amounts are whole cents, summed bottom-up from the lines; days count back from `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from seeds.people import BOOK, CONSULTING, ERASED, FRENCH, JAPANESE, MACHINE, PERSON, WORKSHOP

ONE = 1_000_000
"""A rate of exchange of one, in millionths."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line: quantity in thousandths, price in cents, discount in hundredths of a percent."""

    text: str
    quantity: int
    price: int
    tax: str = "standard"
    discount: int = 0
    product: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote; issued and valid until so many days before the day all dates count from."""

    id: int
    customer: int
    status: str
    issued: int
    valid: int
    items: tuple[Item, ...]
    project: int | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice or credit note; issued so many days before the day all dates count from."""

    id: int
    number: int | None
    customer: int
    status: str
    issued: int
    due: int
    items: tuple[Item, ...]
    series: str = "R"
    credit_of: int | None = None
    quote: int | None = None
    project: int | None = None
    currency: str = "EUR"
    fx_rate: int = ONE


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment; `parts` are (invoice id, cents), where no cents mean all that is open."""

    id: int
    customer: int
    method: str
    received: int
    parts: tuple[tuple[int, int | None], ...]
    direction: str = "incoming"


SAFETY = (Item("Safety review, hours", 10_250, 12_000, product=CONSULTING),)
FITTING = (
    Item("Fitting out, hours", 9_750, 12_000, "reverse", product=CONSULTING),
    Item("Lathe tool sets", 4_000, 34_990, "reverse", 1_250, MACHINE),
)

OFFERS = (
    Offer(1, WORKSHOP, "accepted", 175, 145, SAFETY, project=2),
    Offer(2, FRENCH, "accepted", 75, 45, FITTING, project=1),
    Offer(3, WORKSHOP, "sent", 6, -24, (Item("Lathe tool set", 1_000, 34_990, product=MACHINE),)),
    Offer(4, PERSON, "rejected", 90, 60, (Item("Workshop guides", 3_000, 2_490, "reduced", product=BOOK),)),
    Offer(5, JAPANESE, "expired", 130, 100, (Item("Training, day", 2_000, 9_000_000, "zero"),)),
    Offer(6, WORKSHOP, "draft", 1, -29, (Item("Shelf boards", 12_000, 1_999),)),
)


def bills(leap_day_ago: int) -> tuple[Bill, ...]:
    """Return all invoices and credit notes, each series in the order of its days.

    leap_day_ago: how many days before the day all dates count from the last 29 February was.
    """
    return (
        # a leap day; the customer has been erased since
        Bill(1, 1, ERASED, "paid", leap_day_ago, leap_day_ago - 14, (Item("Repair", 1_000, 8_403),)),
        # halves to round, a discount
        Bill(
            2,
            2,
            WORKSHOP,
            "paid",
            150,
            120,
            (
                Item("Washers, metre", 500, 25),
                Item("Grease", 1_500, 5),
                Item("Lathe tool set", 1_000, 34_990, "standard", 1_500, MACHINE),
                Item("Label", 1_000, 250, "reduced"),
            ),
        ),
        # the quote it came from
        Bill(14, 3, WORKSHOP, "paid", 140, 110, SAFETY, quote=1, project=2),
        # reverse charge
        Bill(3, 4, FRENCH, "paid", 120, 90, (Item("Machine part", 2_000, 45_000, "reverse"),)),
        # zero rate, a currency without minor units
        Bill(
            4,
            5,
            JAPANESE,
            "paid",
            100,
            70,
            (Item("Training, day", 2_000, 9_000_000, "zero"),),
            currency="JPY",
            fx_rate=6_100,
        ),
        # void: the credit note takes all of it back
        Bill(5, 6, WORKSHOP, "void", 80, 50, (Item("Wrong delivery", 3_000, 9_900),)),
        # partly paid and overdue
        Bill(6, 7, PERSON, "overdue", 60, 46, (Item("Repair", 1_000, 25_000), Item("Parts", 2_000, 4_995))),
        # two rates, part of it credited
        Bill(
            7,
            8,
            WORKSHOP,
            "issued",
            45,
            -15,
            (
                Item("Lathe tool sets", 2_000, 34_990, product=MACHINE),
                Item("Workshop guides", 5_000, 2_490, "reduced", product=BOOK),
            ),
        ),
        # paid in two
        Bill(8, 9, PERSON, "paid", 20, 6, (Item("Sharpening", 7_000, 1_399),)),
        # a currency with three decimals
        Bill(
            9,
            10,
            JAPANESE,
            "issued",
            10,
            -20,
            (Item("Remote support", 1_000, 15_050, "zero"),),
            currency="KWD",
            fx_rate=2_950_000,
        ),
        # from a quote and a project, bills hours
        Bill(10, 11, FRENCH, "issued", 5, -25, FITTING, quote=2, project=1),
        Bill(11, None, WORKSHOP, "draft", 0, -30, (Item("Shelf boards", 6_000, 1_999),)),
        Bill(12, 1, WORKSHOP, "issued", 78, 78, (Item("Wrong delivery", 3_000, 9_900),), "G", credit_of=5),
        Bill(
            13,
            2,
            WORKSHOP,
            "paid",
            40,
            40,
            (Item("Damaged guide", 1_000, 2_490, "reduced"),),
            "G",
            credit_of=7,
        ),
    )


def receipts(leap_day_ago: int) -> tuple[Receipt, ...]:
    """Return all payments: full, partial, one that settles two invoices, and one paid back."""
    return (
        Receipt(1, ERASED, "bank_transfer", leap_day_ago - 10, ((1, None),)),
        Receipt(2, WORKSHOP, "direct_debit", 121, ((2, None), (14, None))),
        Receipt(3, FRENCH, "card", 95, ((3, None),)),
        Receipt(4, JAPANESE, "bank_transfer", 72, ((4, None),)),
        Receipt(5, PERSON, "bank_transfer", 40, ((6, 15_000),)),
        Receipt(6, PERSON, "cash", 12, ((8, 5_000),)),
        Receipt(7, PERSON, "wallet", 8, ((8, None), (6, 2_000))),
        Receipt(8, WORKSHOP, "bank_transfer", 35, ((13, None),), "outgoing"),
    )


def last_leap_day(as_of: date) -> date:
    """Return the last 29 February on or before a day."""
    year = as_of.year - as_of.year % 4
    while not _is_leap(year) or date(year, 2, 29) > as_of:
        year -= 4
    return date(year, 2, 29)


def settled(payments: Sequence[Receipt], gross: Mapping[int, int]) -> dict[int, list[tuple[int, int]]]:
    """Return for each payment what it settles, as (invoice id, cents), with open amounts worked out."""
    open_cents = dict(gross)
    parts: dict[int, list[tuple[int, int]]] = {}
    for receipt in payments:
        for bill, cents in receipt.parts:
            taken = open_cents[bill] if cents is None else cents
            open_cents[bill] -= taken
            parts.setdefault(receipt.id, []).append((bill, taken))
    return parts


def _is_leap(year: int) -> bool:
    return (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
