"""What a rehearsal of a project's migrations found, revision by revision."""

from pytest_dbops.core.walk.record import Downgrade, Failure, Step, StepName, Walk, WalkedRevision

__all__ = ["Downgrade", "Failure", "Step", "StepName", "Walk", "WalkedRevision"]
