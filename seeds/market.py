"""Customers, products and projects beyond the five, three and two that every organization has, drawn from pools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pytest_dbops import Scaled, SeedContext
from seeds.firms import Firm
from seeds.people import ERASED, noon

FIRST_CUSTOMER, FIRST_PRODUCT, FIRST_PROJECT, FIRST_ADDRESS, FIRST_HOURS = 6, 4, 3, 6, 4
PROJECT_EVERY = 5
HOURS_A_PROJECT = 20
POOL_SIZE = 128

DOMESTIC, UNION, OVERSEAS = "standard", "reverse", "zero"
"""What kind of tax a customer is billed: by where they are."""

_REACH = (DOMESTIC,) * 8 + (UNION, OVERSEAS)
_ABROAD = {"DE": ("FR", "NL", "IT"), "AT": ("DE", "IT", "CZ"), "FR": ("DE", "BE", "ES"), "NL": ("DE", "BE", "FR")}
_FAR = (("CH", "CHF", 1_070_000), ("US", "USD", 920_000), ("JP", "JPY", 6_100), ("KW", "KWD", 2_950_000))
_EUR = ("EUR", 1_000_000)
_GOODS = ("Lathe", "Clamp", "Spindle", "Bearing", "Chisel", "Gauge", "Vise", "Drill", "Sander", "Bench", "Saw", "Jig")
_MAKES = ("small", "large", "left-hand", "right-hand", "fine", "coarse", "heavy", "light")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as documents know them; fx_rate in millionths of the base currency a unit; told: recipient as JSON."""

    id: int
    reach: str
    currency: str
    fx_rate: int
    country: str
    recipient: dict[str, object]
    told: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product as lines know it; price in cents; told: its name as JSON."""

    id: int
    name: str
    price: int
    tax: str
    told: str


def customers(context: SeedContext, firm: Firm) -> list[Customer]:
    """Return the drawn customers of an organization; none at the smallest size."""
    count = max(0, context.scale.customers - ERASED)
    draws = context.draws("customer")
    names = _names(context, firm, count)
    streets = draws.choices("street", count, context.pool("street_name", firm.cast.locale, POOL_SIZE))
    cities = draws.choices("city", count, context.pool("city", firm.cast.locale, POOL_SIZE))
    houses = draws.integers("house", count, 1, 199)
    abroad = draws.choices("abroad", count, _ABROAD[firm.country])
    made = []
    for number in range(count):
        reach = _REACH[number % len(_REACH)]
        far_country, *far_money = _FAR[number // len(_REACH) % len(_FAR)]
        country = {DOMESTIC: firm.country, UNION: abroad[number], OVERSEAS: far_country}[reach]
        currency, fx_rate = far_money if reach == OVERSEAS else _EUR
        key = FIRST_CUSTOMER + number
        recipient: dict[str, object] = {
            "customer_id": key,
            "name": names[number],
            "address": f"{streets[number]} {houses[number]}, {_zip(number)} {cities[number]}",
        }
        made.append(Customer(key, reach, str(currency), int(fx_rate), country, recipient, _json(recipient)))
    return made


def load_customers(context: SeedContext, firm: Firm) -> None:
    """Write the drawn customers, with an address for each and a second for every third."""
    drawn = customers(context, firm)
    if not drawn:
        return
    days = context.draws("customer").integers("since", len(drawn), 690, 1500)
    since = [noon(context.as_of - timedelta(days=number)) for number in days]
    context.load(
        "customer",
        {
            "org_id": firm.number,
            "id": [each.id for each in drawn],
            "number": [1000 + each.id for each in drawn],
            "kind": [_kind(each) for each in drawn],
            "name": [each.recipient["name"] for each in drawn],
            "vat_id": [f"{each.country}{each.id:011}" if each.reach == UNION else None for each in drawn],
            "country_code": [each.country for each in drawn],
            "language": [firm.cast.workshop.language if each.reach == DOMESTIC else "en" for each in drawn],
            "created_at": since,
            "updated_at": since,
            "row_version": 1,
        },
    )
    second = [each for each in drawn if each.id % 3 == 0]
    placed = [*drawn, *second]
    parts = [str(each.recipient["address"]).rpartition(", ") for each in placed]
    context.load(
        "customer_address",
        {
            "org_id": firm.number,
            "id": range(FIRST_ADDRESS, FIRST_ADDRESS + len(placed)),
            "customer_id": [each.id for each in placed],
            "kind": ["billing"] * len(drawn) + ["delivery"] * len(second),
            "street": [street for street, _, _ in parts],
            "zip": [place.partition(" ")[0] for _, _, place in parts],
            "city": [place.partition(" ")[2] for _, _, place in parts],
            "country_code": [each.country for each in placed],
        },
    )


def products(context: SeedContext) -> list[Product]:
    """Return the drawn products of an organization; none at the smallest size."""
    count = max(0, min(200, context.scale.customers - ERASED))
    prices = context.draws("product").integers("price", count, 199, 49_999)
    names = [
        f"{_GOODS[number % len(_GOODS)]}, {_MAKES[number // len(_GOODS) % len(_MAKES)]}, no. {number + 1}"
        for number in range(count)
    ]
    kinds = ("standard", "standard", "standard", "standard", "reduced")
    return [
        Product(FIRST_PRODUCT + number, name, prices[number], kinds[number % len(kinds)], _json(name))
        for number, name in enumerate(names)
    ]


def load_products(context: SeedContext, firm: Firm, rate_ids: dict[str, int]) -> None:
    """Write the drawn products; `rate_ids` gives the present tax rate of each kind."""
    drawn = products(context)
    if not drawn:
        return
    made = noon(context.as_of - timedelta(days=800))
    context.load(
        "product",
        {
            "org_id": firm.number,
            "id": [each.id for each in drawn],
            "sku": [f"P-{each.id:05}" for each in drawn],
            "name": [each.name for each in drawn],
            "unit_price": Scaled([each.price for each in drawn], 2),
            "tax_rate_id": [rate_ids[each.tax] for each in drawn],
            "category_id": 3,
            "created_at": made,
            "updated_at": made,
            "row_version": 1,
        },
    )


def projects(context: SeedContext) -> list[tuple[int, int]]:
    """Return (project, customer) of the drawn projects."""
    owners = range(FIRST_CUSTOMER, context.scale.customers + 1, PROJECT_EVERY)
    return [(FIRST_PROJECT + number, owner) for number, owner in enumerate(owners)]


def load_projects(context: SeedContext, firm: Firm) -> None:
    """Write the drawn projects."""
    drawn = projects(context)
    if not drawn:
        return
    draws = context.draws("project")
    starts = [context.as_of - timedelta(days=days) for days in draws.integers("start", len(drawn), 300, 600)]
    lasts = draws.integers("length", len(drawn), 60, 250)
    made = [noon(day) for day in starts]
    context.load(
        "project",
        {
            "org_id": firm.number,
            "id": [project for project, _ in drawn],
            "customer_id": [owner for _, owner in drawn],
            "code": [f"PR-{project:04}" for project, _ in drawn],
            "name": [f"Workshop no. {project}" for project, _ in drawn],
            "budget": Scaled(draws.integers("budget", len(drawn), 100_000, 5_000_000), 2),
            "status": "completed",
            "starts_on": starts,
            "ends_on": [day + timedelta(days=days) for day, days in zip(starts, lasts, strict=True)],
            "created_at": made,
            "updated_at": made,
            "row_version": 1,
        },
    )


def load_hours(context: SeedContext, firm: Firm, users: Sequence[int]) -> None:
    """Write the hours worked on the drawn projects; none is billed yet."""
    drawn = projects(context)
    if not drawn:
        return
    count = len(drawn) * HOURS_A_PROJECT
    draws = context.draws("time_entry")
    context.load(
        "time_entry",
        {
            "org_id": firm.number,
            "id": range(FIRST_HOURS, FIRST_HOURS + count),
            "project_id": [project for project, _ in drawn for _ in range(HOURS_A_PROJECT)],
            "user_id": draws.choices("user", count, users),
            "worked_on": draws.days("day", count, context.as_of - timedelta(days=600), context.as_of),
            "hours": Scaled([250 * quarters for quarters in draws.integers("hours", count, 1, 32)], 3),
            "hourly_rate": Scaled(draws.choices("rate", count, (9_500, 12_000, 14_500)), 2),
            "invoice_id": None,
            "invoice_pos": None,
        },
    )


def domestic(drawn: Sequence[Customer]) -> list[Customer]:
    """Return those an organization bills at home."""
    return [each for each in drawn if each.reach == DOMESTIC]


def _names(context: SeedContext, firm: Firm, count: int) -> list[str]:
    draws = context.draws("customer")
    last = draws.choices("last", count, context.pool("last_name", firm.cast.locale, POOL_SIZE))
    first = draws.choices("first", count, context.pool("first_name", firm.cast.locale, POOL_SIZE))
    firms = draws.choices("partner", count, context.pool("last_name", firm.cast.locale, POOL_SIZE))
    return [
        f"{first[number]} {last[number]}" if _is_person(number) else f"{last[number]} & {firms[number]}"
        for number in range(count)
    ]


def _is_person(number: int) -> bool:
    return number % len(_REACH) == 7


def _kind(customer: Customer) -> str:
    return "person" if _is_person(customer.id - FIRST_CUSTOMER) else "company"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _zip(number: int) -> str:
    """Return a code that no post office has."""
    return f"{number % 1000:05}"
