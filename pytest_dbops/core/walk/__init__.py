"""What a rehearsal of a project's migrations found, revision by revision."""

from pytest_dbops.core.downgrades import Downgrade, DowngradeRule
from pytest_dbops.core.step_name import StepName
from pytest_dbops.core.walk.failure import Failure
from pytest_dbops.core.walk.record import Depth, Step, Walk, WalkedRevision
from pytest_dbops.core.walk.rows import MetRows, Refusal, Rows, Unfilled

__all__ = [
    "Depth",
    "Downgrade",
    "DowngradeRule",
    "Failure",
    "MetRows",
    "Refusal",
    "Rows",
    "Step",
    "StepName",
    "Unfilled",
    "Walk",
    "WalkedRevision",
]
