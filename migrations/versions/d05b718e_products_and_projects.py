"""Add products, projects and hours worked

Hours are not billed yet: invoices do not exist.

Revision ID: d05b718e
Revises: 3c92e6a1
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t

revision = "d05b718e"
down_revision = "3c92e6a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_price", t.MONEY, nullable=False),
        sa.Column("tax_rate_id", t.WholeNumber, nullable=False),
        sa.Column("category_id", t.WholeNumber, nullable=False),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["tax_rate_id"], ["tax_rate.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "sku"),
        sa.CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        comment="What is sold",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_product_category_id"), "product", ["category_id"])
    op.create_index(op.f("ix_product_tax_rate_id"), "product", ["tax_rate_id"])

    op.create_table(
        "project",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("customer_id", t.WholeNumber, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("budget", t.MONEY),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_on", t.Day(), nullable=False),
        sa.Column("ends_on", t.Day()),
        sa.Column("created_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", t.Moment(), nullable=False, server_default=sa.func.now()),
        sa.Column("row_version", t.WholeNumber, nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "code"),
        sa.CheckConstraint("status IN ('planned', 'active', 'completed', 'cancelled')", name="status_known"),
        sa.CheckConstraint("budget >= 0", name="budget_not_negative"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days_in_order"),
        comment="Projects of customers",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_project_org_id_customer_id"), "project", ["org_id", "customer_id"])

    op.create_table(
        "time_entry",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("project_id", t.WholeNumber, nullable=False),
        sa.Column("user_id", t.WholeNumber, nullable=False),
        sa.Column("worked_on", t.Day(), nullable=False),
        sa.Column("hours", t.QUANTITY, nullable=False),
        sa.Column("hourly_rate", t.MONEY, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "project_id"], ["project.org_id", "project.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("hours > 0 AND hours <= 24", name="hours_fit_a_day").ddl_if(dialect="postgresql"),
        sa.CheckConstraint("hours > 0 AND hours <= 24000", name="hours_fit_a_day").ddl_if(dialect="sqlite"),
        sa.CheckConstraint("hourly_rate >= 0", name="hourly_rate_not_negative"),
        comment="Hours worked",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_time_entry_org_id_project_id"), "time_entry", ["org_id", "project_id"])
    op.create_index(op.f("ix_time_entry_user_id"), "time_entry", ["user_id"])


def downgrade() -> None:
    op.drop_table("time_entry")
    op.drop_table("project")
    op.drop_table("product")
