"""The audit trail on SQLite: row triggers, an append-only log, and seals beside it; the same entries and hashes."""

from pytest_dbops.backends.sqlite.audit.product import AUDIT

__all__ = ["AUDIT"]
