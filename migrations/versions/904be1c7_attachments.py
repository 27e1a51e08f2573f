"""Add attachments

Bytes live in an object store under their hash; the table knows the hash and the owner.

Revision ID: 904be1c7
Revises: a86f35d0
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t
from migrations.row_security import isolate

revision = "904be1c7"
down_revision = "a86f35d0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_id", t.WholeNumber, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False, comment="dbops: pii=free_text, erase=delete"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", t.WholeNumber, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("owner_kind IN ('invoice', 'quote', 'payment', 'project')", name="owner_kind_known"),
        sa.CheckConstraint("length(sha256) = 32", name="sha256_has_32_bytes"),
        sa.CheckConstraint("size_bytes >= 0", name="size_not_negative"),
        comment="Files of documents",
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_attachment_org_id_owner_kind_owner_id"), "attachment", ["org_id", "owner_kind", "owner_id"]
    )
    isolate(["attachment"])


def downgrade() -> None:
    op.drop_table("attachment")
