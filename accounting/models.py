"""All models in one place; `metadata` is what migrations, drift checks and seeds look at."""

from __future__ import annotations

from accounting.documents import (
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Payment,
    PaymentAllocation,
    Quote,
    QuoteLine,
)
from accounting.ledger import Account, FiscalPeriod, JournalEntry, JournalLine
from accounting.master import Customer, CustomerAddress, Product, Project, TimeEntry
from accounting.operations import Attachment, AuditHead, AuditLog, Consent, GdprAction, GdprRequest, LegalHold
from accounting.reference import Category, Country, Currency, Permission, RetentionPolicy, TaxRate
from accounting.schema import Base
from accounting.tenancy import (
    AppUser,
    EncryptionKey,
    Membership,
    Organization,
    Role,
    RolePermission,
    SubjectKey,
)

metadata = Base.metadata

__all__ = [
    "Account",
    "AppUser",
    "Attachment",
    "AuditHead",
    "AuditLog",
    "Category",
    "Consent",
    "Country",
    "Currency",
    "Customer",
    "CustomerAddress",
    "EncryptionKey",
    "FiscalPeriod",
    "GdprAction",
    "GdprRequest",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "JournalEntry",
    "JournalLine",
    "LegalHold",
    "Membership",
    "Organization",
    "Payment",
    "PaymentAllocation",
    "Permission",
    "Product",
    "Project",
    "Quote",
    "QuoteLine",
    "RetentionPolicy",
    "Role",
    "RolePermission",
    "SubjectKey",
    "TaxRate",
    "TimeEntry",
    "metadata",
]
