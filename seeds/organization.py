"""One small organization with every edge its invariants know, in books that balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select, text

from accounting.audit import seal
from pytest_dbops import SeedContext, seeder
from seeds import books, documents, people, privacy
from seeds.billing import Rate, invoice_rows, quote_rows
from seeds.identity import advance
from seeds.people import ORG, Row

TABLES = (
    "organization",
    "app_user",
    "role",
    "role_permission",
    "membership",
    "customer",
    "customer_address",
    "product",
    "project",
    "quote",
    "quote_line",
    "invoice",
    "invoice_line",
    "invoice_tax",
    "time_entry",
    "payment",
    "payment_allocation",
    "account",
    "fiscal_period",
    "journal_entry",
    "journal_line",
    "encryption_key",
    "subject_key",
    "legal_hold",
    "consent",
    "gdpr_request",
    "gdpr_action",
    "attachment",
)

NOTED = {
    "users": "app_user",
    "customers": "customer",
    "quotes": "quote",
    "invoices": "invoice",
    "payments": "payment",
    "projects": "project",
}

RECIPIENTS: Mapping[int, Row] = {
    people.WORKSHOP: {"name": "Müller & Söhne KG", "address": "Gänsemarkt 7, 00001 Köln"},
    people.FRENCH: {
        "name": "Établissements Œuvre d'Exemple SARL",
        "address": "1 rue de l'Exemple, 00002 Nîmes",
        "vat_id": "FR00000000000",
    },
    people.JAPANESE: {"name": "株式会社サンプル", "address": "見本町1-2-3, 東京"},
    people.PERSON: {"name": "Zoë Ångström", "address": "Straße des Beispiels 12, 00004 Jena"},
    people.ERASED: {"name": "Elfriede Muster", "address": "Beispielweg 1, 00005 Gera"},
}

COMPLETE = "UPDATE project SET status = 'completed', row_version = row_version + 1 WHERE org_id = :org_id AND id = 2"
LOCK = "UPDATE invoice SET locked_at = created_at WHERE org_id = :org_id AND status <> 'draft'"
POST = "UPDATE journal_entry SET posted_at = created_at WHERE org_id = :org_id"


@seeder("organization", tables=TABLES, depends_on=("reference_data",), version=1, scope="organization")
def organization(context: SeedContext) -> None:
    """One organization with five customers, fourteen documents, payments and a balanced ledger."""
    _act_as(context, ORG)
    _fill(context, people.organization_rows(context.as_of))
    permissions = context.metadata.tables["permission"].c.code
    granted = list(context.connection.scalars(select(permissions).order_by(permissions)))
    context.insert("role_permission", people.role_permission_rows(granted))
    documents_made = _fill_documents(context)
    _fill_books(context, documents_made)
    _fill(context, privacy.privacy_rows(context.as_of))
    context.insert("attachment", privacy.attachment_rows())
    advance(context, TABLES)
    for kind, table in NOTED.items():
        context.note(kind, context.connection.scalars(select(context.metadata.tables[table].c.id)))
    seal(context.connection)


def _act_as(context: SeedContext, org_id: int) -> None:
    """Name the organization, which row-level security asks of the owner too, and the acting user."""
    if context.dialect == "postgresql":
        naming = text("SELECT set_config('app.org_id', :org_id, true), set_config('dbops.actor', :actor, true)")
        context.connection.execute(naming, {"org_id": str(org_id), "actor": str(people.ADMIN)})


def _fill(context: SeedContext, rows: Mapping[str, Sequence[Row]]) -> None:
    for table, each in rows.items():
        context.insert(table, each)


def _fill_documents(context: SeedContext) -> Mapping[str, Sequence[Row]]:
    as_of = context.as_of
    leap_day = documents.last_leap_day(as_of)
    leap_day_ago = (as_of - leap_day).days
    rates = _rates(context)
    today = {rate.kind: rate.id for rate in rates if rate.valid_to is None}
    _fill(context, people.customer_rows(as_of, leap_day))
    context.insert("product", people.product_rows(as_of, today))
    _fill(context, people.project_rows(as_of))
    _fill(context, quote_rows(documents.OFFERS, rates, as_of))
    bills, receipts = documents.bills(leap_day_ago), documents.receipts(leap_day_ago)
    made = invoice_rows(bills, receipts, rates, RECIPIENTS, as_of)
    _fill(context, made)
    context.insert("time_entry", people.time_entry_rows(as_of, billing_invoice=10))
    context.connection.execute(text(COMPLETE), {"org_id": ORG})
    context.connection.execute(text(LOCK), {"org_id": ORG})
    return made


def _fill_books(context: SeedContext, made: Mapping[str, Sequence[Row]]) -> None:
    periods = books.period_rows(documents.last_leap_day(context.as_of), context.as_of)
    context.insert("account", books.account_rows())
    context.insert("fiscal_period", periods)
    _fill(context, books.entry_rows(made, periods, context.as_of))
    context.connection.execute(text(POST), {"org_id": ORG})
    period = context.metadata.tables["fiscal_period"]
    closing = people.noon(date(documents.last_leap_day(context.as_of).year + 1, 1, 31))
    context.connection.execute(
        period.update().where(period.c.org_id == ORG, period.c.id == periods[0]["id"]).values(closed_at=closing)
    )


def _rates(context: SeedContext) -> list[Rate]:
    table = context.metadata.tables["tax_rate"]
    rows = context.connection.execute(select(table).where(table.c.country_code == "DE").order_by(table.c.id))
    return [Rate(row.id, row.kind, int(row.rate.scaleb(2)), row.valid_from, row.valid_to) for row in rows]
