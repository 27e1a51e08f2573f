"""Record every change of business data

One trigger a statement and table on PostgreSQL, so that bulk updates and COPY leave the same trace as
single rows; row triggers on SQLite. Personal values are masked, encrypted ones stay encrypted.

Revision ID: c2d84e6f
Revises: 17c6a9d5
"""

from dataclasses import dataclass

from alembic import op

from migrations import audit_postgresql, audit_sqlite

revision = "c2d84e6f"
down_revision = "17c6a9d5"
branch_labels = None
depends_on = None


@dataclass(frozen=True, slots=True)
class Audited:
    """A table under audit; names are separated by blanks. Columns matter to SQLite only (`:hex`: bytes)."""

    table: str
    key: str
    masked: str
    columns: str


TABLES = (
    Audited("role", "org_id id", masked="", columns="org_id id name"),
    Audited(
        "role_permission",
        "org_id role_id permission_code",
        masked="",
        columns="org_id role_id permission_code",
    ),
    Audited("membership", "org_id user_id", masked="", columns="org_id user_id role_id"),
    Audited(
        "customer",
        "org_id id",
        masked="name contact_name vat_id notes",
        columns=(
            "org_id id number kind name contact_name email:hex email_bidx:hex phone:hex vat_id iban:hex "
            "iban_bidx:hex bic country_code notes erased_at restricted_at retain_until created_at "
            "updated_at row_version"
        ),
    ),
    Audited(
        "customer_address",
        "org_id id",
        masked="street zip city",
        columns="org_id id customer_id kind street zip city country_code",
    ),
    Audited(
        "product",
        "org_id id",
        masked="",
        columns="org_id id sku name unit_price tax_rate_id category_id created_at updated_at row_version",
    ),
    Audited(
        "project",
        "org_id id",
        masked="",
        columns=("org_id id customer_id code name budget status starts_on ends_on created_at updated_at row_version"),
    ),
    Audited(
        "quote",
        "org_id id",
        masked="",
        columns=(
            "org_id id number customer_id project_id status issued_on valid_until currency net tax gross "
            "created_at updated_at row_version"
        ),
    ),
    Audited(
        "invoice",
        "org_id id",
        masked="bill_to_snapshot",
        columns=(
            "org_id id series number kind credit_of_id customer_id quote_id project_id status issued_on "
            "due_on currency fx_rate net tax gross paid base_net base_tax base_gross base_paid "
            "bill_to_snapshot content_hash:hex locked_at created_at updated_at row_version"
        ),
    ),
    Audited(
        "invoice_line",
        "org_id invoice_id pos",
        masked="",
        columns=(
            "org_id invoice_id pos product_id description quantity unit_price discount_pct net tax_rate_id tax_pct tax"
        ),
    ),
    Audited(
        "payment",
        "org_id id",
        masked="",
        columns=(
            "org_id id customer_id method direction amount base_amount currency received_on reference "
            "payer_iban:hex created_at updated_at row_version"
        ),
    ),
    Audited(
        "payment_allocation",
        "org_id payment_id invoice_id",
        masked="",
        columns="org_id payment_id invoice_id amount base_amount",
    ),
    Audited("account", "org_id id", masked="", columns="org_id id code name category_id normal_side control"),
    Audited("fiscal_period", "org_id id", masked="", columns="org_id id name starts_on ends_on closed_at"),
    Audited(
        "journal_entry",
        "org_id id",
        masked="",
        columns=("org_id id period_id booked_on source_kind source_id reversal_of description posted_at created_at"),
    ),
    Audited(
        "journal_line",
        "org_id entry_id pos",
        masked="",
        columns="org_id entry_id pos account_id debit credit",
    ),
)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        audit_postgresql.create_functions()
        for each in TABLES:
            audit_postgresql.watch(each.table, tuple(each.key.split()), tuple(each.masked.split()))
    else:
        for each in TABLES:
            audit_sqlite.watch(each.table, each.key.split(), each.masked.split(), each.columns.split())


def downgrade() -> None:
    is_postgresql = op.get_context().dialect.name == "postgresql"
    unwatch = audit_postgresql.unwatch if is_postgresql else audit_sqlite.unwatch
    for each in reversed(TABLES):
        unwatch(each.table)
    if is_postgresql:
        audit_postgresql.drop_functions()
