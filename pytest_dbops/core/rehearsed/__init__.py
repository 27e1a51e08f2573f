"""What rehearsals of migrations found: rows placed, data lost, statements that no longer run."""

from pytest_dbops.core.rehearsed.compatibility import Breakage, CompatibilityFailure
from pytest_dbops.core.rehearsed.coverage import Coverage, Refusal, TableCoverage
from pytest_dbops.core.rehearsed.loss import CellEvidence, ColumnLoss, LossAccount, TableLoss

__all__ = [
    "Breakage",
    "CellEvidence",
    "ColumnLoss",
    "CompatibilityFailure",
    "Coverage",
    "LossAccount",
    "Refusal",
    "TableCoverage",
    "TableLoss",
]
