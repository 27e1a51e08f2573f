"""Add organizations, users and their roles

From here on a table of a tenant begins with org_id and has the key (org_id, id).

Revision ID: b7f4d019
Revises: ae10c3f2
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "b7f4d019"
down_revision = "ae10c3f2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organization",
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("country_code", sa.Text(), nullable=False),
        sa.Column("base_currency", sa.Text(), nullable=False),
        sa.Column("vat_id", sa.Text()),
        sa.Column("fiscal_year_start", t.WholeNumber, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["base_currency"], ["currency.code"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["country_code"], ["country.code2"], ondelete="RESTRICT"),
        sa.UniqueConstraint("slug"),
        sa.CheckConstraint("fiscal_year_start BETWEEN 1 AND 12", name="fiscal_year_start_is_a_month"),
        sa.CheckConstraint("status IN ('active', 'suspended', 'closed')", name="status_known"),
        comment="Tenants",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_organization_base_currency"), "organization", ["base_currency"])
    op.create_index(op.f("ix_organization_country_code"), "organization", ["country_code"])

    op.create_table(
        "app_user",
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("email", sa.LargeBinary(), comment="dbops: pii=email, erase=null, encrypted"),
        sa.Column("email_bidx", sa.LargeBinary(), comment="dbops: blind index of email"),
        sa.Column("display_name", sa.Text(), nullable=False, comment="dbops: pii=name, erase=pseudonym"),
        sa.Column("password_hash", sa.Text(), comment="dbops: secret, one-way hash"),
        sa.Column("mfa_secret", sa.LargeBinary(), comment="dbops: pii=credential, erase=null, encrypted"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("last_login_at", t.Moment()),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.UniqueConstraint("email_bidx"),
        sa.CheckConstraint("(email IS NULL) = (email_bidx IS NULL)", name="email_has_blind_index"),
        sa.CheckConstraint("status IN ('active', 'invited', 'disabled')", name="status_known"),
        comment="People who sign in",
        sqlite_strict=True,
    )

    op.create_table(
        "role",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "name"),
        comment="Roles of a tenant",
        sqlite_strict=True,
    )

    op.create_table(
        "role_permission",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("role_id", t.WholeNumber, primary_key=True),
        sa.Column("permission_code", sa.Text(), primary_key=True),
        sa.ForeignKeyConstraint(["org_id", "role_id"], ["role.org_id", "role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["permission_code"], ["permission.code"], ondelete="RESTRICT"),
        comment="What a role may do",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_role_permission_permission_code"), "role_permission", ["permission_code"])

    op.create_table(
        "membership",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("user_id", t.WholeNumber, primary_key=True),
        sa.Column("role_id", t.WholeNumber, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "role_id"], ["role.org_id", "role.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], ondelete="RESTRICT"),
        comment="Who belongs to which tenant, and as what",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_membership_org_id_role_id"), "membership", ["org_id", "role_id"])
    op.create_index(op.f("ix_membership_user_id"), "membership", ["user_id"])


def downgrade() -> None:
    op.drop_table("membership")
    op.drop_table("role_permission")
    op.drop_table("role")
    op.drop_table("app_user")
    op.drop_table("organization")
