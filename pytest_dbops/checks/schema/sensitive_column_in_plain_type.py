"""SCH025."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pytest_dbops.checks.schema._patterns import matches_any
from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._types import base_type, sqlite_affinity
from pytest_dbops.core.catalog import Catalog, Column, Table, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_READABLE = ("text", "character varying", "character", "citext", "json", "jsonb", "date")


@check(
    "SCH025",
    category="schema",
    severity=Severity.WARNING,
    settings={
        "never_plain": ("cvv", "cvv2", "cvc", "cvc2", "card_number", "cardnumber", "credit_card", "credit_card_number"),
        "secret": (
            "password", "passwd", "*_password", "secret", "*_secret", "secret_key", "api_key", "*_api_key", "apikey",
            "private_key", "*_private_key", "access_token", "refresh_token", "auth_token", "iban", "*_iban",
            "ssn", "social_security_number", "passport_number", "bank_account", "bank_account_number",
        ),
        "personal": (
            "email", "*_email", "email_address", "phone", "*_phone", "phone_number", "mobile", "birth_date",
            "date_of_birth", "birthday", "home_address",
        ),
        "protected_by": ("*hash*", "*digest*", "*encrypt*", "*cipher*", "*_enc", "*_bidx", "*_masked"),
    },
)  # fmt: skip
def sensitive_column_in_plain_type(catalog: Catalog, environment: Environment, settings: Settings) -> Iterator[Finding]:
    """A column whose name promises something secret or personal has a plain, readable type.

    Whoever gets hold of a backup, a replica or a reader's password reads it. The schema cannot tell a hash from
    a password kept as text, so a column counts as protected when its type is binary, or when its name, its type
    or its comment says so (`protected_by`). Card numbers and their codes (`never_plain`) are an error; secrets
    (`secret`) are a warning; personal data (`personal`) are a note, and a warning where the environment demands
    encryption.

    Encrypt or hash the value; where it is already, say so: COMMENT ON COLUMN ... IS 'hashed', or a name like
    secret_hash.
    """
    personal = Severity.WARNING if environment.policy.encryption else Severity.INFO
    ranks = (("never_plain", Severity.ERROR), ("secret", Severity.WARNING), ("personal", personal))
    kinds = [(settings.words(word), (word, severity)) for word, severity in ranks]

    @cache
    def kind_of(name: str) -> tuple[str, Severity] | None:
        return next((kind for globs, kind in kinds if matches_any(name, globs)), None)

    for table in designed_tables(catalog):
        for column in table.columns:
            kind = kind_of(column.name)
            if kind and _is_readable(catalog, column) and not _says_protected(column, settings):
                yield _finding(catalog, table, column, *kind)


def _finding(catalog: Catalog, table: Table, column: Column, kind: str, severity: Severity) -> Finding:
    subject = column_display(table, column.name)
    what = {"never_plain": "must never be kept readable", "secret": "is a secret", "personal": "is personal"}[kind]
    return Finding(
        subject,
        f"column {subject!r} {what} by its name, and nothing says that its {column.type} is encrypted or hashed",
        hint=_hint(catalog, table, column),
        identity=kind,
        severity=severity,
    )


def _hint(catalog: Catalog, table: Table, column: Column) -> str:
    name = quote_identifier(column.name)
    if catalog.dialect == "sqlite":
        return f"encrypt or hash it, and say so in its name ({column.name}_hash), or waive this with the reason"
    return f"encrypt or hash it; if it is, say so: COMMENT ON COLUMN {table.quoted}.{name} IS 'hashed';"


def _is_readable(catalog: Catalog, column: Column) -> bool:
    if catalog.dialect == "sqlite":
        return sqlite_affinity(column.type) != "BLOB"
    return base_type(catalog, column.type).partition("(")[0].removesuffix("[]") in _READABLE


def _says_protected(column: Column, settings: Settings) -> bool:
    globs = settings.words("protected_by")
    return any(matches_any(text, globs) for text in (column.name, column.type, column.comment or ""))
