"""The audit trail on PostgreSQL: statement triggers, an append-only log in monthly partitions, and seals beside it."""

from pytest_dbops.backends.postgresql.audit.product import AUDIT

__all__ = ["AUDIT"]
