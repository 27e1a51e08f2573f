"""Organizations: who works there, what they may do, what they did for data subjects."""

from __future__ import annotations

from sqlalchemy import select

from pytest_dbops import SeedContext, seeder
from seeds import cleaning, people, privacy
from seeds.tenant import act_for, fill, finish

TABLES = ("organization", "app_user", "role", "membership", "role_permission")
PRIVACY_TABLES = ("encryption_key", "subject_key", "legal_hold", "consent", "gdpr_request", "gdpr_action", "attachment")


@seeder(
    "organizations",
    tables=TABLES,
    depends_on=("reference_data",),
    scope="organization",
    clean=cleaning.remove_organization,
)
def organizations(context: SeedContext) -> None:
    """An organization with its users, roles and what they permit; one user is disabled."""
    acting = act_for(context)
    rows = people.organization_rows(acting, context.as_of)
    fill(context, rows)
    permissions = context.metadata.tables["permission"].c.code
    granted = list(context.connection.scalars(select(permissions).order_by(permissions)))
    context.insert("role_permission", people.role_permission_rows(acting, granted))
    context.note("users", [acting.user(number) for number in (people.ADMIN, people.BOOKKEEPER, people.DISABLED)])
    finish(context)


@seeder(
    "privacy",
    tables=PRIVACY_TABLES,
    depends_on=("customers", "invoices", "payments", "projects"),
    version=2,
    scope="organization",
    clean=cleaning.remover(PRIVACY_TABLES),
)
def privacy_records(context: SeedContext) -> None:
    """A completed erasure and an access request, a hold, consents, a destroyed key, files of documents."""
    acting = act_for(context)
    fill(context, privacy.privacy_rows(acting, context.as_of))
    context.insert("attachment", privacy.attachment_rows(acting))
    finish(context)
