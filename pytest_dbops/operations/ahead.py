"""Let what a gate is going to wait for be made ready beside, while it does something else."""

from __future__ import annotations

from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import expect_children
from pytest_dbops.operations.gate import Gate
from pytest_dbops.operations.runner import skip_reason

_RUN_PROJECT = frozenset({"walk", "revision", "drift_of_models", "on_target", "seeds", "reference_rows"})
"""Inputs for which the project's own code is run, in processes of its own."""


def expect_project(gate: Gate) -> None:
    """Let what the project's own code needs be imported, where a check is asked that runs it; returns at once."""
    asked = (check for check in gate.checks if gate.asked is None or check.code in gate.asked)
    if any(_RUN_PROJECT & set(check.inputs) and not skip_reason(check, gate.rules) for check in asked):
        expect_children(gate.environment.dialect, url_variables(gate.config))
