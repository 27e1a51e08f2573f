"""What a rehearsal of a project's migrations found, revision by revision."""

from pytest_dbops.core.step_name import StepName
from pytest_dbops.core.walk.downgrade_rule import DowngradeRule
from pytest_dbops.core.walk.record import Downgrade, Failure, Step, Walk, WalkedRevision

__all__ = ["Downgrade", "DowngradeRule", "Failure", "Step", "StepName", "Walk", "WalkedRevision"]
