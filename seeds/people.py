"""Who and what every organization works with: users, roles, customers, products, projects, hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from seeds.firms import OVERSEAS, Firm, Party

Row = dict[str, object]

ADMIN, BOOKKEEPER, DISABLED = 1, 2, 3
WORKSHOP, FRENCH, JAPANESE, PERSON, ERASED = 1, 2, 3, 4, 5
CONSULTING, MACHINE, BOOK = 1, 2, 3

BOOKKEEPER_MAY = (
    "books.post",
    "invoice.issue",
    "invoice.read",
    "payment.record",
    "quote.write",
    "report.read",
)
VIEWER_MAY = ("invoice.read", "report.read")


def noon(day: date) -> datetime:
    """Return twelve o'clock UTC of a day: the moment at which seeded things happen."""
    return datetime.combine(day, time(12), UTC)


def tracked(day: date) -> Row:
    """Return the columns that say when a row was made."""
    return {"created_at": noon(day), "updated_at": noon(day), "row_version": 1}


def organization_rows(firm: Firm, as_of: date) -> dict[str, list[Row]]:
    """Return the organization, its users and what they may do, by table."""
    begun = as_of - timedelta(days=1000)
    organization: Row = {
        "id": firm.number,
        "slug": firm.slug,
        "legal_name": firm.legal_name,
        "country_code": firm.country,
        "base_currency": "EUR",
        "vat_id": f"{firm.country}{firm.number:09}",
        "fiscal_year_start": 1,
        "status": "active",
        **tracked(begun),
    }
    users = [
        _user(firm, number, name, status, as_of)
        for number, name, status in zip(
            (ADMIN, BOOKKEEPER, DISABLED), firm.cast.users, ("active", "active", "disabled"), strict=True
        )
    ]
    roles = ((1, "admin"), (2, "bookkeeper"), (3, "viewer"))
    return {
        "organization": [organization],
        "app_user": users,
        "role": [{"org_id": firm.number, "id": number, "name": name} for number, name in roles],
        "membership": [
            {"org_id": firm.number, "user_id": firm.user(ADMIN), "role_id": 1},
            {"org_id": firm.number, "user_id": firm.user(BOOKKEEPER), "role_id": 2},
        ],
    }


def role_permission_rows(firm: Firm, all_permissions: list[str]) -> list[Row]:
    """Return what each role may do; the admin may do everything."""
    granted: Mapping[int, tuple[str, ...]] = {1: tuple(all_permissions), 2: BOOKKEEPER_MAY, 3: VIEWER_MAY}
    return [
        {"org_id": firm.number, "role_id": role, "permission_code": code}
        for role, codes in granted.items()
        for code in codes
    ]


def customer_rows(firm: Firm, as_of: date, erased_invoice_on: date) -> dict[str, list[Row]]:
    """Return five customers, one of them a person erased since, with the addresses that are left.

    No encrypted column is among them: `seeds/private.py` fills those where the project has a key.
    """
    since = as_of - timedelta(days=900)
    erased_on = as_of - timedelta(days=30)
    cast = firm.cast
    customers = [
        _customer(firm, WORKSHOP, "company", cast.workshop, since, contact_name=cast.contact),
        _customer(firm, FRENCH, "company", cast.neighbour, since, vat_id=vat_id(cast.neighbour)),
        _customer(firm, JAPANESE, "company", OVERSEAS, since),
        _customer(firm, PERSON, "person", cast.person, since, notes="prefers invoices on paper"),
        _customer(firm, ERASED, "person", cast.erased, since)
        | {
            "name": f"erased {1000 + ERASED}",
            "erased_at": noon(erased_on),
            "restricted_at": noon(erased_on),
            "retain_until": date(erased_invoice_on.year + cast.years, 12, 31),
            "updated_at": noon(erased_on),
            "row_version": 2,
        },
    ]
    addresses = [
        _address(firm, 1, WORKSHOP, "billing", cast.workshop),
        _address(firm, 2, WORKSHOP, "delivery", cast.workshop) | {"street": "Hof 3, Tor ½"},
        _address(firm, 3, FRENCH, "billing", cast.neighbour),
        _address(firm, 4, JAPANESE, "billing", OVERSEAS),
        _address(firm, 5, PERSON, "billing", cast.person),
    ]
    return {"customer": customers, "customer_address": addresses}


def recipients(firm: Firm) -> dict[int, Row]:
    """Return what an invoice says of each of the five, the erased one included: documents are kept."""
    cast = firm.cast
    parties = {
        WORKSHOP: cast.workshop,
        FRENCH: cast.neighbour,
        JAPANESE: OVERSEAS,
        PERSON: cast.person,
        ERASED: cast.erased,
    }
    told: dict[int, Row] = {number: {"name": party.name, "address": party.address} for number, party in parties.items()}
    told[FRENCH]["vat_id"] = vat_id(cast.neighbour)
    return told


def vat_id(party: Party) -> str:
    """Return a number of the right country that no firm has."""
    return f"{party.country}00000000000"


def product_rows(firm: Firm, as_of: date, rate_ids: Mapping[str, int]) -> list[Row]:
    """Return three things that are sold; `rate_ids` gives the present tax rate of each kind."""
    made = tracked(as_of - timedelta(days=800))
    return [
        {
            "org_id": firm.number,
            "id": number,
            "sku": sku,
            "name": name,
            "unit_price": Decimal(price),
            "tax_rate_id": rate_ids[kind],
            "category_id": category,
            **made,
        }
        for number, sku, name, price, kind, category in (
            (CONSULTING, "C-HOUR", "Consulting, hour", "120.00", "standard", 2),
            (MACHINE, "M-LATHE", "Lathe tool set", "349.90", "standard", 3),
            (BOOK, "B-GUIDE", "Workshop guide", "24.90", "reduced", 3),
        )
    ]


def project_rows(firm: Firm, as_of: date) -> list[Row]:
    """Return two projects; hours are worked on the first."""
    here, there = firm.cast.workshop.city, firm.cast.neighbour.city
    return [
        _project(
            firm, 1, FRENCH, "FIT-1", f"Fitting out the {there} workshop", "active", as_of - timedelta(days=70), None
        ),
        _project(
            firm,
            2,
            WORKSHOP,
            "SAFE-1",
            f"Safety review in {here}",
            "active",
            as_of - timedelta(days=200),
            as_of - timedelta(days=150),
        ),
    ]


def time_entry_rows(firm: Firm, as_of: date, billing_invoice: int) -> list[Row]:
    """Return hours on the first project: two billed by line 1 of `billing_invoice`, one not billed yet."""
    entries = ((1, BOOKKEEPER, 40, "7.500", 1), (2, ADMIN, 39, "2.250", 1), (3, ADMIN, 2, "1.125", None))
    return [
        {
            "org_id": firm.number,
            "id": number,
            "project_id": 1,
            "user_id": firm.user(user),
            "worked_on": as_of - timedelta(days=days),
            "hours": Decimal(hours),
            "hourly_rate": Decimal("120.00"),
            "invoice_id": billing_invoice if pos else None,
            "invoice_pos": pos,
        }
        for number, user, days, hours, pos in entries
    ]


def _user(firm: Firm, number: int, name: str, status: str, as_of: date) -> Row:
    is_active = status == "active"
    return {
        "id": firm.user(number),
        "display_name": name,
        "status": status,
        "last_login_at": noon(as_of - timedelta(days=number)) if is_active else None,
        **tracked(as_of - timedelta(days=1000 - number)),
    }


def _customer(
    firm: Firm,
    number: int,
    kind: str,
    party: Party,
    since: date,
    *,
    contact_name: str | None = None,
    vat_id: str | None = None,
    notes: str | None = None,
) -> Row:
    return {
        "org_id": firm.number,
        "id": number,
        "number": 1000 + number,
        "kind": kind,
        "name": party.name,
        "contact_name": contact_name,
        "vat_id": vat_id,
        "country_code": party.country,
        "language": party.language,
        "notes": notes,
        "erased_at": None,
        "restricted_at": None,
        "retain_until": None,
        **tracked(since + timedelta(days=number)),
    }


def _address(firm: Firm, number: int, customer: int, kind: str, party: Party) -> Row:
    return {
        "org_id": firm.number,
        "id": number,
        "customer_id": customer,
        "kind": kind,
        "street": party.street,
        "zip": party.code,
        "city": party.city,
        "country_code": party.country,
    }


def _project(
    firm: Firm, number: int, customer: int, code: str, name: str, status: str, starts_on: date, ends_on: date | None
) -> Row:
    return {
        "org_id": firm.number,
        "id": number,
        "customer_id": customer,
        "code": code,
        "name": name,
        "budget": Decimal("25000.00"),
        "status": status,
        "starts_on": starts_on,
        "ends_on": ends_on,
        **tracked(starts_on),
    }
