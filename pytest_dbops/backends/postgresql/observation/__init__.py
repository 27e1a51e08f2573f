"""What each statement of a revision does on PostgreSQL: locks, rewrites, scans, WAL and changed rows."""

from __future__ import annotations

from pytest_dbops.backends.postgresql.observation.observer import PostgresqlObserver

__all__ = ["PostgresqlObserver"]
