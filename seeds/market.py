"""Customers, products and projects beyond the five, three and two that every organization has, drawn from pools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pytest_dbops import Scaled, SeedContext
from seeds.firms import Firm
from seeds.people import ERASED, noon
from seeds.private import private_columns

FIRST_CUSTOMER, FIRST_PRODUCT, FIRST_PROJECT, FIRST_ADDRESS, FIRST_HOURS = 6, 4, 3, 6, 4
PROJECT_EVERY = 5
HOURS_A_PROJECT = 20
POOL_SIZE = 128

DOMESTIC, UNION, OVERSEAS = "standard", "reverse", "zero"
"""What kind of tax a customer is billed: by where they are."""

_REACH = (DOMESTIC,) * 8 + (UNION, OVERSEAS)
_PERSON = 7
_ABROAD = {"DE": ("FR", "NL", "IT"), "AT": ("DE", "IT", "CZ"), "FR": ("DE", "BE", "ES"), "NL": ("DE", "BE", "FR")}
_FAR = (("CH", "CHF", 1_070_000), ("US", "USD", 920_000), ("JP", "JPY", 6_100), ("KW", "KWD", 2_950_000))
_EUR = ("EUR", 1_000_000)
_GOODS = ("Lathe", "Clamp", "Spindle", "Bearing", "Chisel", "Gauge", "Vise", "Drill", "Sander", "Bench", "Saw", "Jig")
_MAKES = ("small", "large", "left-hand", "right-hand", "fine", "coarse", "heavy", "light")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as documents know them; fx_rate in millionths of the base currency a unit."""

    id: int
    reach: str
    currency: str
    fx_rate: int
    country: str
    recipient: dict[str, object]


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
    count = _count(context)
    draws = context.draws("customer")
    names, countries = _names(context, firm, count), _countries(context, firm, count)
    streets = draws.choices("street", count, context.pool("street_name", firm.cast.locale, POOL_SIZE))
    cities = draws.choices("city", count, context.pool("city", firm.cast.locale, POOL_SIZE))
    houses = draws.integers("house", count, 1, 199)
    made = []
    for number in range(count):
        reach = _REACH[number % len(_REACH)]
        currency, fx_rate = _far(number)[1:] if reach == OVERSEAS else _EUR
        key = FIRST_CUSTOMER + number
        recipient: dict[str, object] = {
            "customer_id": key,
            "name": names[number],
            "address": f"{streets[number]} {houses[number]}, {_zip(number)} {cities[number]}",
        }
        made.append(Customer(key, reach, currency, fx_rate, countries[number], recipient))
    return made


def load_customers(context: SeedContext, firm: Firm) -> None:
    """Write the drawn customers."""
    count = _count(context)
    if not count:
        return
    moments = [noon(context.as_of - timedelta(days=ago)) for ago in range(690, 1501)]
    since = context.draws("customer").choices("since", count, moments)
    countries = _countries(context, firm, count)
    language = {DOMESTIC: firm.cast.workshop.language, UNION: "en", OVERSEAS: "en"}
    ids = range(FIRST_CUSTOMER, FIRST_CUSTOMER + count)
    vat_ids: list[str | None] = [None] * count
    for place in range(_REACH.index(UNION), count, len(_REACH)):
        vat_ids[place] = f"{countries[place]}{place:011}"
    context.load(
        "customer",
        {
            "org_id": firm.number,
            "id": ids,
            "number": range(1000 + FIRST_CUSTOMER, 1000 + FIRST_CUSTOMER + count),
            "kind": _cycle(["person" if place == _PERSON else "company" for place in range(len(_REACH))], count),
            "name": _names(context, firm, count),
            "vat_id": vat_ids,
            "country_code": countries,
            "language": _cycle([language[reach] for reach in _REACH], count),
            "created_at": since,
            "updated_at": since,
            "row_version": 1,
            **private_columns(context, "customer", {"org_id": firm.number, "id": ids, "country_code": countries}),
        },
    )


def load_addresses(context: SeedContext, firm: Firm) -> None:
    """Write an address for each drawn customer, and a second for every third."""
    drawn = customers(context, firm)
    if not drawn:
        return
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
        Product(FIRST_PRODUCT + number, name, prices[number], kinds[number % len(kinds)], told(name))
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


def _count(context: SeedContext) -> int:
    return max(0, context.scale.customers - ERASED)


def _countries(context: SeedContext, firm: Firm, count: int) -> list[str]:
    abroad = context.draws("customer").choices("abroad", count, _ABROAD[firm.country])
    countries = [firm.country] * count
    union, far = _REACH.index(UNION), _REACH.index(OVERSEAS)
    for place in range(union, count, len(_REACH)):
        countries[place] = abroad[place]
    for place in range(far, count, len(_REACH)):
        countries[place] = _far(place)[0]
    return countries


def _far(number: int) -> tuple[str, str, int]:
    return _FAR[number // len(_REACH) % len(_FAR)]


def _cycle(values: list[str], count: int) -> list[str]:
    return (values * (count // len(values) + 1))[:count]


def _names(context: SeedContext, firm: Firm, count: int) -> list[str]:
    """Return the names of firms, and of a person where one stands."""
    draws = context.draws("customer")
    last = context.pool("last_name", firm.cast.locale, POOL_SIZE)
    owners, partners = (draws.choices(column, count, last) for column in ("last", "partner"))
    names = [f"{owner} & {partner}" for owner, partner in zip(owners, partners, strict=True)]
    first = draws.choices("first", count, context.pool("first_name", firm.cast.locale, POOL_SIZE))
    for place in range(_PERSON, count, len(_REACH)):
        names[place] = f"{first[place]} {owners[place]}"
    return names


def told(value: object) -> str:
    """Return a value as a document's hash has it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _zip(number: int) -> str:
    """Return a code that no post office has."""
    return f"{number % 1000:05}"
