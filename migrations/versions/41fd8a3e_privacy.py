"""Add privacy requests, holds, consents and keys

These tables are born with row-level security, since the branch may be applied before or after the one
that turns it on for the older tables.

Revision ID: 41fd8a3e
Revises: 5ad3f901
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t
from migrations.row_security import OF_THIS_TENANT, isolate, share_unowned

revision = "41fd8a3e"
down_revision = "5ad3f901"
branch_labels = None
depends_on = None

TENANT_TABLES = ("subject_key", "legal_hold", "consent", "gdpr_request", "gdpr_action")
OWNED = OF_THIS_TENANT.replace("org_id =", "owner_org_id =")


def upgrade() -> None:
    op.create_table(
        "retention_policy",
        sa.Column("country_code", sa.Text(), primary_key=True),
        sa.Column("record_kind", sa.Text(), primary_key=True),
        sa.Column("years", t.WholeNumber, nullable=False),
        sa.Column("from_event", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["country_code"], ["country.code2"], ondelete="RESTRICT"),
        sa.CheckConstraint("record_kind IN ('invoice', 'ledger', 'letter', 'quote')", name="record_kind_known"),
        sa.CheckConstraint(
            "from_event IN ('end_of_year_issued', 'end_of_year_booked', 'end_of_year_sent')",
            name="from_event_known",
        ),
        sa.CheckConstraint("years > 0", name="years_positive"),
        comment="Legal retention by country and kind of record",
        sqlite_strict=True,
    )

    op.create_table(
        "encryption_key",
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("owner_org_id", t.WholeNumber),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), comment="dbops: secret, wrapped by the master key"),
        sa.Column("created_at", t.Moment(), nullable=False),
        sa.Column("activated_at", t.Moment()),
        sa.Column("retired_at", t.Moment()),
        sa.Column("destroyed_at", t.Moment()),
        sa.Column("encrypt_count", t.WholeNumber, nullable=False, server_default=sa.text("0")),
        sa.ForeignKeyConstraint(["owner_org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("purpose IN ('field', 'blind_index', 'backup')", name="purpose_known"),
        sa.CheckConstraint(
            "state IN ('pre_active', 'active', 'retired', 'compromised', 'destroyed')", name="state_known"
        ),
        sa.CheckConstraint("encrypt_count >= 0", name="encrypt_count_not_negative"),
        sa.CheckConstraint("(state = 'destroyed') = (wrapped_key IS NULL)", name="destroyed_key_is_gone"),
        sa.CheckConstraint("(state = 'destroyed') = (destroyed_at IS NOT NULL)", name="destroyed_key_has_date"),
        sa.CheckConstraint("state <> 'active' OR activated_at IS NOT NULL", name="active_key_was_activated"),
        comment="Wrapped data keys and their life cycle",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_encryption_key_owner_org_id_purpose"), "encryption_key", ["owner_org_id", "purpose"])

    op.create_table(
        "subject_key",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("subject_kind", sa.Text(), primary_key=True),
        sa.Column("subject_id", t.WholeNumber, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary(), comment="dbops: secret, wrapped by the master key"),
        sa.Column("destroyed_at", t.Moment()),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("subject_kind IN ('customer', 'app_user')", name="subject_kind_known"),
        sa.CheckConstraint("(destroyed_at IS NULL) = (wrapped_key IS NOT NULL)", name="destroyed_key_is_gone"),
        comment="Wrapped keys of single data subjects",
        sqlite_strict=True,
    )

    op.create_table(
        "legal_hold",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", t.WholeNumber, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", t.Day(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("subject_kind IN ('customer', 'app_user')", name="subject_kind_known"),
        comment="Holds against erasure",
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_legal_hold_org_id_subject_kind_subject_id"),
        "legal_hold",
        ["org_id", "subject_kind", "subject_id"],
    )

    op.create_table(
        "consent",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", t.WholeNumber, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given_at", t.Moment(), nullable=False),
        sa.Column("withdrawn_at", t.Moment()),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.UniqueConstraint("org_id", "subject_kind", "subject_id", "purpose", "given_at"),
        sa.CheckConstraint("subject_kind IN ('customer', 'app_user')", name="subject_kind_known"),
        sa.CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= given_at", name="withdrawn_after_given"),
        comment="Consents of data subjects",
        sqlite_strict=True,
    )

    op.create_table(
        "gdpr_request",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "subject_token",
            sa.LargeBinary(),
            nullable=False,
            comment="dbops: keyed hash of the subject, no personal data",
        ),
        sa.Column("received_at", t.Moment(), nullable=False),
        sa.Column("due_at", t.Moment(), nullable=False),
        sa.Column("identity_checked_by", t.WholeNumber),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.LargeBinary()),
        sa.Column("completed_at", t.Moment()),
        sa.ForeignKeyConstraint(["identity_checked_by"], ["app_user.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint(
            "kind IN ('access', 'portability', 'erasure', 'rectification', 'restriction')", name="kind_known"
        ),
        sa.CheckConstraint(
            "status IN ('received', 'identified', 'planned', 'completed', 'refused')", name="status_known"
        ),
        sa.CheckConstraint("due_at > received_at", name="due_after_received"),
        sa.CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_has_date"),
        sa.CheckConstraint("status <> 'completed' OR identity_checked_by IS NOT NULL", name="completed_was_identified"),
        comment="Requests of data subjects",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_gdpr_request_identity_checked_by"), "gdpr_request", ["identity_checked_by"])

    op.create_table(
        "gdpr_action",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("request_id", t.WholeNumber, primary_key=True),
        sa.Column("seq", t.WholeNumber, primary_key=True),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("rows", t.WholeNumber, nullable=False),
        sa.Column("basis", sa.Text()),
        sa.ForeignKeyConstraint(
            ["org_id", "request_id"], ["gdpr_request.org_id", "gdpr_request.id"], ondelete="RESTRICT"
        ),
        sa.CheckConstraint(
            "action IN ('delete', 'null', 'pseudonym', 'keep', 'shred_key', 'export')", name="action_known"
        ),
        sa.CheckConstraint("rows >= 0", name="rows_not_negative"),
        sa.CheckConstraint("action <> 'keep' OR basis IS NOT NULL", name="kept_has_basis"),
        comment="Steps of privacy requests",
        sqlite_strict=True,
    )
    isolate(TENANT_TABLES)
    isolate(["encryption_key"], condition=OWNED)
    share_unowned("encryption_key", "owner_org_id")


def downgrade() -> None:
    op.drop_table("gdpr_action")
    op.drop_table("gdpr_request")
    op.drop_table("consent")
    op.drop_table("legal_hold")
    op.drop_table("subject_key")
    op.drop_table("encryption_key")
    op.drop_table("retention_policy")
