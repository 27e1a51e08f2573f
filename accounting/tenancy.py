"""Who works where: organizations, users, roles, and the keys that protect their data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accounting.schema import (
    Base,
    KeyPart,
    OwnId,
    TenantRow,
    Tracked,
    blind_index,
    code_reference,
    index,
    of_organization,
    one_of,
    personal,
    reference,
    rule,
    table,
    tenant_reference,
)
from pytest_dbops import BlindIndex, EncryptedText


class Organization(Tracked, Base):
    """A tenant: one legal entity with its own books."""

    __tablename__ = "organization"
    id: Mapped[OwnId]
    slug: Mapped[str]
    legal_name: Mapped[str]
    country_code: Mapped[str]
    base_currency: Mapped[str]
    vat_id: Mapped[str | None]
    fiscal_year_start: Mapped[int]
    status: Mapped[str]

    __table_args__ = table(
        code_reference("country_code", "country.code2"),
        code_reference("base_currency", "currency.code"),
        UniqueConstraint("slug"),
        index("country_code"),
        index("base_currency"),
        rule("fiscal_year_start_is_a_month", "fiscal_year_start BETWEEN 1 AND 12"),
        one_of("status", "active", "suspended", "closed"),
        comment="Tenants",
    )


class AppUser(Tracked, Base):
    """A person who signs in; may belong to several organizations."""

    __tablename__ = "app_user"
    id: Mapped[OwnId]
    email: Mapped[str | None] = mapped_column(EncryptedText(), **personal("email", erase="null", is_encrypted=True))
    email_bidx: Mapped[bytes | None] = mapped_column(BlindIndex("email", normalise="email"), **blind_index("email"))
    display_name: Mapped[str] = mapped_column(**personal("name", erase="pseudonym"))
    password_hash: Mapped[str | None] = mapped_column(comment="dbops: secret, one-way hash")
    mfa_secret: Mapped[str | None] = mapped_column(
        EncryptedText(), **personal("credential", erase="null", is_encrypted=True)
    )
    status: Mapped[str]
    last_login_at: Mapped[datetime | None]

    __table_args__ = table(
        UniqueConstraint("email_bidx"),
        rule("email_has_blind_index", "(email IS NULL) = (email_bidx IS NULL)"),
        one_of("status", "active", "invited", "disabled"),
        comment="People who sign in",
    )


class Role(TenantRow, Base):
    """A named set of permissions inside one organization."""

    __tablename__ = "role"
    name: Mapped[str]

    __table_args__ = table(of_organization(), UniqueConstraint("org_id", "name"), comment="Roles of a tenant")


class RolePermission(Base):
    """One permission of one role."""

    __tablename__ = "role_permission"
    org_id: Mapped[KeyPart]
    role_id: Mapped[KeyPart]
    permission_code: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = table(
        tenant_reference("role_id", "role", cascade=True),
        code_reference("permission_code", "permission.code"),
        index("permission_code"),
        comment="What a role may do",
    )


class Membership(Base):
    """A user's place in an organization."""

    __tablename__ = "membership"
    org_id: Mapped[KeyPart]
    user_id: Mapped[KeyPart]
    role_id: Mapped[int]

    __table_args__ = table(
        of_organization(),
        reference("user_id", "app_user"),
        tenant_reference("role_id", "role"),
        index("org_id", "role_id"),
        index("user_id"),
        comment="Who belongs to which tenant, and as what",
    )


class EncryptionKey(Base):
    """A data key, wrapped by the master key; without an organization it serves the tables all tenants share."""

    __tablename__ = "encryption_key"
    id: Mapped[OwnId]
    owner_org_id: Mapped[int | None]
    purpose: Mapped[str]
    state: Mapped[str]
    wrapped_key: Mapped[bytes | None] = mapped_column(comment="dbops: secret, wrapped by the master key")
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]
    encrypt_count: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = table(
        ForeignKeyConstraint(["owner_org_id"], ["organization.id"], ondelete="RESTRICT"),
        index("owner_org_id", "purpose"),
        one_of("purpose", "field", "blind_index", "backup"),
        one_of("state", "pre_active", "active", "retired", "compromised", "destroyed"),
        rule("encrypt_count_not_negative", "encrypt_count >= 0"),
        rule("destroyed_key_is_gone", "(state = 'destroyed') = (wrapped_key IS NULL)"),
        rule("destroyed_key_has_date", "(state = 'destroyed') = (destroyed_at IS NOT NULL)"),
        rule("active_key_was_activated", "state <> 'active' OR activated_at IS NOT NULL"),
        comment="Wrapped data keys and their life cycle",
    )


class SubjectKey(Base):
    """The key of one person's fields; destroying it erases them everywhere, backups included."""

    __tablename__ = "subject_key"
    org_id: Mapped[KeyPart]
    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[KeyPart]
    wrapped_key: Mapped[bytes | None] = mapped_column(comment="dbops: secret, wrapped by the master key")
    destroyed_at: Mapped[datetime | None]

    __table_args__ = table(
        of_organization(),
        one_of("subject_kind", "customer", "app_user"),
        rule("destroyed_key_is_gone", "(destroyed_at IS NULL) = (wrapped_key IS NOT NULL)"),
        comment="Wrapped keys of single data subjects",
    )
