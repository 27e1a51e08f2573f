"""The run of an xdist session: owned by the controller, so that servers outlive a worker that dies."""

from __future__ import annotations

from typing import Any

from pytest_dbops.plugin.lending import WORKER_INPUT, run_of


def share_run(node: Any) -> None:
    """Put the folder of the run into what a new worker is told; the first call makes the run."""
    node.workerinput[WORKER_INPUT] = str(run_of(node.config).folder())
