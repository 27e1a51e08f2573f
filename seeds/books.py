"""Every organization's ledger: one booking for each issued document and each payment, and one mistake undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from seeds.firms import Firm
from seeds.people import Row, noon

RECEIVABLES, BANK, REVENUE, OUTPUT_TAX, OFFICE = 1, 2, 3, 4, 5

ACCOUNTS = (
    (RECEIVABLES, "1200", "Trade receivables", 5, "debit", "receivables"),
    (BANK, "1800", "Bank", 6, "debit", "bank"),
    (REVENUE, "4000", "Revenue", 2, "credit", "revenue"),
    (OUTPUT_TAX, "3800", "Output tax", 8, "credit", "output_tax"),
    (OFFICE, "6800", "Office expenses", 10, "debit", None),
)

Sides = tuple[tuple[int, Decimal], ...]


def account_rows(firm: Firm) -> list[Row]:
    """Return the chart of accounts."""
    names = ("id", "code", "name", "category_id", "normal_side", "control")
    return [{"org_id": firm.number, **dict(zip(names, account, strict=True))} for account in ACCOUNTS]


def period_rows(firm: Firm, first: date, as_of: date) -> list[Row]:
    """Return one open period a year, from the year of the first document to that of `as_of`."""
    return [
        {
            "org_id": firm.number,
            "id": number,
            "name": str(year),
            "starts_on": date(year, 1, 1),
            "ends_on": date(year, 12, 31),
            "closed_at": None,
        }
        for number, year in enumerate(range(first.year, as_of.year + 1), start=1)
    ]


def entry_rows(
    firm: Firm, documents: Mapping[str, Sequence[Mapping[str, object]]], periods: Sequence[Row], as_of: date
) -> dict[str, list[Row]]:
    """Return bookings and their lines, in the order of their days; none is posted yet.

    documents: rows of `invoice` and `payment`.
    """
    bookings = [_of_invoice(row) for row in documents["invoice"] if row["status"] != "draft"]
    bookings += [_of_payment(row) for row in documents["payment"]]
    mistake = as_of - timedelta(days=25)
    bookings.append((mistake, "manual", None, "Stationery", ((OFFICE, Decimal("12.34")),), ((BANK, Decimal("12.34")),)))
    bookings.sort(key=lambda each: (each[0], each[1], each[2] or 0))
    entries: list[Row] = []
    lines: list[Row] = []
    for number, (booked_on, kind, source, text, debits, credits_) in enumerate(bookings, start=1):
        entries.append(_entry(firm, number, booked_on, kind, source, text, periods))
        lines += _lines(firm, number, debits, credits_)
        if kind == "manual":
            undone = len(bookings) + 1
            entries.append(
                _entry(firm, undone, as_of - timedelta(days=24), kind, None, "Stationery, undone", periods)
                | {"reversal_of": number}
            )
            lines += _lines(firm, undone, credits_, debits)
    return {"journal_entry": entries, "journal_line": lines}


Booking = tuple[date, str, int | None, str, Sides, Sides]


def _of_invoice(row: Mapping[str, object]) -> Booking:
    gross, net, tax = (_money(row[name]) for name in ("base_gross", "base_net", "base_tax"))
    claim: Sides = ((RECEIVABLES, gross),)
    earned: Sides = tuple(side for side in ((REVENUE, net), (OUTPUT_TAX, tax)) if side[1])
    is_credit = row["kind"] == "credit_note"
    text = f"{'Credit note' if is_credit else 'Invoice'} {row['series']}{row['number']}"
    day, number = _day(row["issued_on"]), _number(row["id"])
    return (day, "invoice", number, text, earned, claim) if is_credit else (day, "invoice", number, text, claim, earned)


def _of_payment(row: Mapping[str, object]) -> Booking:
    amount = _money(row["base_amount"])
    money: Sides = ((BANK, amount),)
    claim: Sides = ((RECEIVABLES, amount),)
    debits, credits_ = (money, claim) if row["direction"] == "incoming" else (claim, money)
    return (_day(row["received_on"]), "payment", _number(row["id"]), f"Payment {row['id']}", debits, credits_)


def _entry(
    firm: Firm, number: int, booked_on: date, kind: str, source: int | None, text: str, periods: Sequence[Row]
) -> Row:
    period = next(row["id"] for row in periods if row["name"] == str(booked_on.year))
    return {
        "org_id": firm.number,
        "id": number,
        "period_id": period,
        "booked_on": booked_on,
        "source_kind": kind,
        "source_id": source,
        "reversal_of": None,
        "description": text,
        "created_at": noon(booked_on),
    }


def _lines(firm: Firm, entry: int, debits: Sides, credits_: Sides) -> list[Row]:
    sides = [(account, amount, Decimal(0)) for account, amount in debits]
    sides += [(account, Decimal(0), amount) for account, amount in credits_]
    return [
        {
            "org_id": firm.number,
            "entry_id": entry,
            "pos": pos,
            "account_id": account,
            "debit": debit,
            "credit": credit,
        }
        for pos, (account, debit, credit) in enumerate(sides, start=1)
    ]


def _money(value: object) -> Decimal:
    assert isinstance(value, Decimal)
    return value


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
