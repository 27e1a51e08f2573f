"""Running the application: audit trail, privacy requests, holds, consents, attachments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accounting.schema import (
    Base,
    Json,
    KeyPart,
    TenantRow,
    index,
    of_organization,
    one_of,
    personal,
    reference,
    rule,
    table,
    tenant_reference,
)


class AuditLog(Base):
    """One changed row, chained by hash to the one before it in the same organization.

    `id` counts 1, 2, 3, ... inside an organization, so that a missing entry shows. Rows are written by
    triggers only. PostgreSQL seals each as it is written; SQLite cannot hash in SQL, so there `hash` and
    `prev_hash` stay empty until `accounting.audit.seal` has run.
    """

    __tablename__ = "audit_log"
    org_id: Mapped[KeyPart]
    id: Mapped[KeyPart]
    at: Mapped[datetime] = mapped_column(primary_key=True)
    actor_id: Mapped[int | None]
    actor_kind: Mapped[str]
    table_name: Mapped[str]
    op: Mapped[str]
    row_pk: Mapped[Json]
    changed: Mapped[Json] = mapped_column(comment="dbops: personal columns are masked, encrypted ones stay encrypted")
    prev_hash: Mapped[bytes | None]
    hash: Mapped[bytes | None]

    __table_args__ = (
        of_organization(),
        index("org_id", "table_name", "at"),
        one_of("actor_kind", "user", "system"),
        one_of("op", "INSERT", "UPDATE", "DELETE"),
        CheckConstraint("hash IS NOT NULL AND prev_hash IS NOT NULL", name="sealed").ddl_if(dialect="postgresql"),
        {
            "comment": "Who changed what; written by triggers, never changed",
            "sqlite_strict": True,
            "postgresql_partition_by": "RANGE (at)",
        },
    )


class AuditHead(Base):
    """The last sealed entry of an organization's chain, so that a log cut short shows.

    Writers extend a chain one after the other by updating this row; one that works on an older snapshot
    fails rather than forking the chain.
    """

    __tablename__ = "audit_head"
    org_id: Mapped[KeyPart]
    last_id: Mapped[int]
    last_hash: Mapped[bytes]

    __table_args__ = table(
        of_organization(),
        rule("last_id_not_negative", "last_id >= 0"),
        comment="Ends of the audit chains; written by triggers",
    )


class LegalHold(TenantRow, Base):
    """A reason why a subject's data must not be erased yet."""

    __tablename__ = "legal_hold"
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    reason: Mapped[str]
    until: Mapped[date]

    __table_args__ = table(
        of_organization(),
        index("org_id", "subject_kind", "subject_id"),
        one_of("subject_kind", "customer", "app_user"),
        comment="Holds against erasure",
    )


class Consent(TenantRow, Base):
    """What a subject agreed to, and when that ended."""

    __tablename__ = "consent"
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    purpose: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = table(
        of_organization(),
        UniqueConstraint("org_id", "subject_kind", "subject_id", "purpose", "given_at"),
        one_of("subject_kind", "customer", "app_user"),
        rule("withdrawn_after_given", "withdrawn_at IS NULL OR withdrawn_at >= given_at"),
        comment="Consents of data subjects",
    )


class GdprRequest(TenantRow, Base):
    """A data subject's request; the subject is known by a token only, so that the record may be kept."""

    __tablename__ = "gdpr_request"
    kind: Mapped[str]
    subject_token: Mapped[bytes] = mapped_column(comment="dbops: keyed hash of the subject, no personal data")
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    identity_checked_by: Mapped[int | None]
    status: Mapped[str]
    plan_hash: Mapped[bytes | None]
    completed_at: Mapped[datetime | None]

    __table_args__ = table(
        of_organization(),
        reference("identity_checked_by", "app_user"),
        index("identity_checked_by"),
        one_of("kind", "access", "portability", "erasure", "rectification", "restriction"),
        one_of("status", "received", "identified", "planned", "completed", "refused"),
        rule("due_after_received", "due_at > received_at"),
        rule("completed_has_date", "(status = 'completed') = (completed_at IS NOT NULL)"),
        rule("completed_was_identified", "status <> 'completed' OR identity_checked_by IS NOT NULL"),
        comment="Requests of data subjects",
    )


class GdprAction(Base):
    """What one request did to one column, and on what ground anything was kept."""

    __tablename__ = "gdpr_action"
    org_id: Mapped[KeyPart]
    request_id: Mapped[KeyPart]
    seq: Mapped[KeyPart]
    table_name: Mapped[str]
    column_name: Mapped[str]
    action: Mapped[str]
    rows: Mapped[int]
    basis: Mapped[str | None]

    __table_args__ = table(
        tenant_reference("request_id", "gdpr_request"),
        one_of("action", "delete", "null", "pseudonym", "keep", "shred_key", "export"),
        rule("rows_not_negative", "rows >= 0"),
        rule("kept_has_basis", "action <> 'keep' OR basis IS NOT NULL"),
        comment="Steps of privacy requests",
    )


class Attachment(TenantRow, Base):
    """A file that belongs to a document; its bytes live in the object store under their hash."""

    __tablename__ = "attachment"
    owner_kind: Mapped[str]
    owner_id: Mapped[int]
    file_name: Mapped[str] = mapped_column(**personal("free_text", erase="delete"))
    sha256: Mapped[bytes]
    size_bytes: Mapped[int]
    media_type: Mapped[str]

    __table_args__ = table(
        of_organization(),
        index("org_id", "owner_kind", "owner_id"),
        one_of("owner_kind", "invoice", "quote", "payment", "project"),
        rule("sha256_has_32_bytes", "length(sha256) = 32"),
        rule("size_not_negative", "size_bytes >= 0"),
        comment="Files of documents",
    )
