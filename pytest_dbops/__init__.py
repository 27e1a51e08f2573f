"""May this database be deployed? A pytest session that answers, and proves it.

Names are imported when they are first used, so that `import pytest_dbops` costs next to nothing.

PYTEST_DONT_REWRITE: `dbops gate` runs pytest in a process that has imported this already, which is no mistake.
"""

from __future__ import annotations

# The name that type checkers know; to import it from typing would double the cost of the import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog as Catalog
    from pytest_dbops.core.check import Cost as Cost
    from pytest_dbops.core.check import Privilege as Privilege
    from pytest_dbops.core.check import Settings as Settings
    from pytest_dbops.core.check import check as check
    from pytest_dbops.core.environment import Environment as Environment
    from pytest_dbops.core.errors import CannotJudge as CannotJudge
    from pytest_dbops.core.finding import Finding as Finding
    from pytest_dbops.core.seeded import SeededOrganization as SeededOrganization
    from pytest_dbops.core.seeder import Scaled as Scaled
    from pytest_dbops.core.seeder import SeedContext as SeedContext
    from pytest_dbops.core.seeder import Seeder as Seeder
    from pytest_dbops.core.seeder import seeder as seeder
    from pytest_dbops.core.session import Session as Session
    from pytest_dbops.core.session import Statistics as Statistics
    from pytest_dbops.core.severity import Severity as Severity
    from pytest_dbops.operations.api import ComplianceManager as ComplianceManager
    from pytest_dbops.operations.api import DatabaseManager as DatabaseManager
    from pytest_dbops.operations.api import PerformanceMonitor as PerformanceMonitor
    from pytest_dbops.operations.encryption.keyring import load_keyring as load_keyring
    from pytest_dbops.operations.encryption.types import BlindIndex as BlindIndex
    from pytest_dbops.operations.encryption.types import EncryptedBytes as EncryptedBytes
    from pytest_dbops.operations.encryption.types import EncryptedJSON as EncryptedJSON
    from pytest_dbops.operations.encryption.types import EncryptedText as EncryptedText
    from pytest_dbops.operations.encryption.types import count_encryptions as count_encryptions
    from pytest_dbops.operations.encryption.types import decrypt_rows as decrypt_rows
    from pytest_dbops.operations.encryption.types import encrypt_rows as encrypt_rows
    from pytest_dbops.operations.encryption.types import encrypted as encrypted
    from pytest_dbops.operations.encryption.types import in_tenant as in_tenant
    from pytest_dbops.operations.encryption.types import render_item as render_item
    from pytest_dbops.operations.encryption.types import use_keyring as use_keyring
    from pytest_dbops.operations.fixtures.handles import TestDatabase as TestDatabase
    from pytest_dbops.operations.fixtures.queries import QueryLog as QueryLog
    from pytest_dbops.operations.tenancy.guard import TenantGuard as TenantGuard
    from pytest_dbops.operations.tenancy.guard import lift_guard as lift_guard
    from pytest_dbops.operations.tenancy.guard import name_tenant as name_tenant

__version__ = "0.1.0"

_HOMES = {
    "BlindIndex": "operations.encryption.types",
    "EncryptedBytes": "operations.encryption.types",
    "EncryptedJSON": "operations.encryption.types",
    "EncryptedText": "operations.encryption.types",
    "count_encryptions": "operations.encryption.types",
    "decrypt_rows": "operations.encryption.types",
    "encrypt_rows": "operations.encryption.types",
    "encrypted": "operations.encryption.types",
    "in_tenant": "operations.encryption.types",
    "load_keyring": "operations.encryption.keyring",
    "render_item": "operations.encryption.types",
    "use_keyring": "operations.encryption.types",
    "CannotJudge": "core.errors",
    "Catalog": "core.catalog",
    "ComplianceManager": "operations.api",
    "Cost": "core.check",
    "DatabaseManager": "operations.api",
    "Environment": "core.environment",
    "Finding": "core.finding",
    "PerformanceMonitor": "operations.api",
    "QueryLog": "operations.fixtures.queries",
    "Privilege": "core.check",
    "Scaled": "core.seeder",
    "SeedContext": "core.seeder",
    "SeededOrganization": "core.seeded",
    "Seeder": "core.seeder",
    "Session": "core.session",
    "Settings": "core.check",
    "Severity": "core.severity",
    "Statistics": "core.session",
    "TenantGuard": "operations.tenancy.guard",
    "TestDatabase": "operations.fixtures.handles",
    "check": "core.check",
    "lift_guard": "operations.tenancy.guard",
    "name_tenant": "operations.tenancy.guard",
    "seeder": "core.seeder",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
