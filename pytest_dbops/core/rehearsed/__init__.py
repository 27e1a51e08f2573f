"""What rehearsals of migrations found: rows placed, data lost, statements that no longer run."""

from pytest_dbops.core.rehearsed.coverage import Coverage, Refusal, TableCoverage

__all__ = ["Coverage", "Refusal", "TableCoverage"]
