"""Add customers and their addresses

Columns marked encrypted hold ciphertext only; their blind index makes them searchable.

Revision ID: 3c92e6a1
Revises: b7f4d019
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "3c92e6a1"
down_revision = "b7f4d019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("number", t.WholeNumber, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="dbops: pii=name, erase=pseudonym"),
        sa.Column("contact_name", sa.Text(), comment="dbops: pii=name, erase=null"),
        sa.Column("email", sa.LargeBinary(), comment="dbops: pii=email, erase=null, encrypted"),
        sa.Column("email_bidx", sa.LargeBinary(), comment="dbops: blind index of email"),
        sa.Column("phone", sa.LargeBinary(), comment="dbops: pii=phone, erase=null, encrypted"),
        sa.Column("vat_id", sa.Text(), comment="dbops: pii=tax_id, erase=null"),
        sa.Column("iban", sa.LargeBinary(), comment="dbops: pii=iban, erase=null, encrypted"),
        sa.Column("iban_bidx", sa.LargeBinary(), comment="dbops: blind index of iban"),
        sa.Column("bic", sa.Text()),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), comment="dbops: pii=free_text, erase=null"),
        sa.Column("erased_at", t.Moment()),
        sa.Column("restricted_at", t.Moment()),
        sa.Column("retain_until", t.Day()),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["country_code"], ["country.code2"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "number"),
        sa.CheckConstraint("kind IN ('person', 'company')", name="kind_known"),
        sa.CheckConstraint("(email IS NULL) = (email_bidx IS NULL)", name="email_has_blind_index"),
        sa.CheckConstraint("(iban IS NULL) = (iban_bidx IS NULL)", name="iban_has_blind_index"),
        sa.CheckConstraint("erased_at IS NULL OR restricted_at IS NOT NULL", name="erased_is_restricted"),
        comment="Customers",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customer_country_code"), "customer", ["country_code"])
    op.create_index(op.f("ix_customer_org_id_email_bidx"), "customer", ["org_id", "email_bidx"])
    op.create_index(op.f("ix_customer_org_id_iban_bidx"), "customer", ["org_id", "iban_bidx"])

    op.create_table(
        "customer_address",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("customer_id", t.WholeNumber, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False, comment="dbops: pii=address, erase=delete"),
        sa.Column("zip", sa.Text(), nullable=False, comment="dbops: pii=postcode, erase=delete"),
        sa.Column("city", sa.Text(), nullable=False, comment="dbops: pii=city, erase=delete"),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["country_code"], ["country.code2"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"], ondelete="CASCADE"),
        sa.CheckConstraint("kind IN ('billing', 'delivery')", name="kind_known"),
        comment="Addresses of customers",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customer_address_country_code"), "customer_address", ["country_code"])
    op.create_index(op.f("ix_customer_address_org_id_customer_id"), "customer_address", ["org_id", "customer_id"])


def downgrade() -> None:
    op.drop_table("customer_address")
    op.drop_table("customer")
