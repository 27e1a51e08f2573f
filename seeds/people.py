"""Who and what the small organization works with: users, roles, customers, products, projects, hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

Row = dict[str, object]

ORG = 1
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


def organization_rows(as_of: date) -> dict[str, list[Row]]:
    """Return the organization, its users and what they may do, by table."""
    begun = as_of - timedelta(days=1000)
    organization: Row = {
        "id": ORG,
        "slug": "aurelia",
        "legal_name": "Aurélia Werkstätten GmbH",
        "country_code": "DE",
        "base_currency": "EUR",
        "vat_id": "DE000000001",
        "fiscal_year_start": 1,
        "status": "active",
        **tracked(begun),
    }
    users = [
        _user(ADMIN, "Ása Þórsdóttir", "active", as_of),
        _user(BOOKKEEPER, "Jürgen Weiß", "active", as_of),
        _user(DISABLED, "Łucja Żółć", "disabled", as_of),
    ]
    roles = ((1, "admin"), (2, "bookkeeper"), (3, "viewer"))
    return {
        "organization": [organization],
        "app_user": users,
        "role": [{"org_id": ORG, "id": number, "name": name} for number, name in roles],
        "membership": [
            {"org_id": ORG, "user_id": ADMIN, "role_id": 1},
            {"org_id": ORG, "user_id": BOOKKEEPER, "role_id": 2},
        ],
    }


def role_permission_rows(all_permissions: list[str]) -> list[Row]:
    """Return what each role may do; the admin may do everything."""
    granted: Mapping[int, tuple[str, ...]] = {1: tuple(all_permissions), 2: BOOKKEEPER_MAY, 3: VIEWER_MAY}
    return [
        {"org_id": ORG, "role_id": role, "permission_code": code} for role, codes in granted.items() for code in codes
    ]


def customer_rows(as_of: date, erased_invoice_on: date) -> dict[str, list[Row]]:
    """Return five customers, one of them a person erased since, with the addresses that are left.

    No encrypted column is filled: sealing values is the application's work, and no key is part of a seed.
    """
    since = as_of - timedelta(days=900)
    erased_on = as_of - timedelta(days=30)
    customers = [
        _customer(WORKSHOP, 1001, "company", "Müller & Söhne KG", "DE", "de", since, contact_name="Günther Müller"),
        _customer(
            FRENCH,
            1002,
            "company",
            "Établissements Œuvre d'Exemple SARL",
            "FR",
            "fr",
            since,
            vat_id="FR00000000000",
        ),
        _customer(JAPANESE, 1003, "company", "株式会社サンプル", "JP", "ja", since),
        _customer(PERSON, 1004, "person", "Zoë Ångström", "DE", "de", since, notes="prefers invoices on paper"),
        _customer(ERASED, 1005, "person", "erased 1005", "DE", "de", since)
        | {
            "erased_at": noon(erased_on),
            "restricted_at": noon(erased_on),
            "retain_until": date(erased_invoice_on.year + 8, 12, 31),
            "updated_at": noon(erased_on),
            "row_version": 2,
        },
    ]
    addresses = [
        _address(1, WORKSHOP, "billing", "Gänsemarkt 7", "00001", "Köln", "DE"),
        _address(2, WORKSHOP, "delivery", "Hof 3, Tor ½", "00001", "Köln", "DE"),
        _address(3, FRENCH, "billing", "1 rue de l'Exemple", "00002", "Nîmes", "FR"),
        _address(4, JAPANESE, "billing", "見本町1-2-3", "000-0003", "東京", "JP"),
        _address(5, PERSON, "billing", "Straße des Beispiels 12", "00004", "Jena", "DE"),
    ]
    return {"customer": customers, "customer_address": addresses}


def product_rows(as_of: date, rate_ids: Mapping[str, int]) -> list[Row]:
    """Return three things that are sold; `rate_ids` gives the present tax rate of each kind."""
    made = tracked(as_of - timedelta(days=800))
    return [
        {
            "org_id": ORG,
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


def project_rows(as_of: date) -> dict[str, list[Row]]:
    """Return two projects and hours worked on one; the billed ones name their invoice line later."""
    projects = [
        _project(1, FRENCH, "NIMES-1", "Fitting out the Nîmes workshop", "active", as_of - timedelta(days=70), None),
        _project(
            2,
            WORKSHOP,
            "KOELN-1",
            "Safety review",
            "active",
            as_of - timedelta(days=200),
            as_of - timedelta(days=150),
        ),
    ]
    return {"project": projects}


def time_entry_rows(as_of: date, billing_invoice: int) -> list[Row]:
    """Return hours on the first project: two billed by line 1 of `billing_invoice`, one not billed yet."""
    entries = ((1, BOOKKEEPER, 40, "7.500", 1), (2, ADMIN, 39, "2.250", 1), (3, ADMIN, 2, "1.125", None))
    return [
        {
            "org_id": ORG,
            "id": number,
            "project_id": 1,
            "user_id": user,
            "worked_on": as_of - timedelta(days=days),
            "hours": Decimal(hours),
            "hourly_rate": Decimal("120.00"),
            "invoice_id": billing_invoice if pos else None,
            "invoice_pos": pos,
        }
        for number, user, days, hours, pos in entries
    ]


def _user(number: int, name: str, status: str, as_of: date) -> Row:
    is_active = status == "active"
    return {
        "id": number,
        "display_name": name,
        "status": status,
        "last_login_at": noon(as_of - timedelta(days=number)) if is_active else None,
        **tracked(as_of - timedelta(days=1000 - number)),
    }


def _customer(
    number: int,
    public_number: int,
    kind: str,
    name: str,
    country: str,
    language: str,
    since: date,
    *,
    contact_name: str | None = None,
    vat_id: str | None = None,
    notes: str | None = None,
) -> Row:
    return {
        "org_id": ORG,
        "id": number,
        "number": public_number,
        "kind": kind,
        "name": name,
        "contact_name": contact_name,
        "vat_id": vat_id,
        "country_code": country,
        "language": language,
        "notes": notes,
        "erased_at": None,
        "restricted_at": None,
        "retain_until": None,
        **tracked(since + timedelta(days=number)),
    }


def _address(number: int, customer: int, kind: str, street: str, code: str, city: str, country: str) -> Row:
    return {
        "org_id": ORG,
        "id": number,
        "customer_id": customer,
        "kind": kind,
        "street": street,
        "zip": code,
        "city": city,
        "country_code": country,
    }


def _project(
    number: int, customer: int, code: str, name: str, status: str, starts_on: date, ends_on: date | None
) -> Row:
    return {
        "org_id": ORG,
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
