"""The run that owns servers and files of a session: the controller's under xdist, so that they outlive a worker.

Imports little: every session with xdist comes here, whether it uses a database or not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_dbops.operations.runs import Run
from pytest_dbops.plugin import GATE

if TYPE_CHECKING:
    from pytest import Config

WORKER_INPUT = "dbops_fixtures"
OWN_RUN = pytest.StashKey[Run]()


def share_run(node: Any) -> None:
    """Put the folder of the run into what a new worker is told: a gate's own, else one that the first call makes."""
    gate = node.config.pluginmanager.getplugin(GATE)
    run = run_of(node.config) if gate is None else Run(gate.gate.run_folder())
    node.workerinput[WORKER_INPUT] = str(run.folder())
    from pytest_dbops.plugin.template_checks import expect_templates

    expect_templates(node.config, run)


def run_of(config: Config) -> Run:
    """Return the run that owns servers and files: the controller's under xdist, else this process's own."""
    run = config.stash.get(OWN_RUN, None)
    if run is None:
        given = getattr(config, "workerinput", {}).get(WORKER_INPUT)
        if given is None and config.getoption("dbops_keep") == "failed":
            given = _held_folder(config)
        run = config.stash[OWN_RUN] = Run(Path(given) if given else None)
        config.add_cleanup(lambda: run.end(lambda _: None))
    return run


def _held_folder(config: Config) -> Path:
    """Return the folder of a run that may outlive this session."""
    from pytest_dbops.operations.fixtures.hold import start_holder
    from pytest_dbops.plugin.kept import KeptSummary

    holder = start_holder()
    config.add_cleanup(holder.let_go)
    config.pluginmanager.register(KeptSummary(config))
    return holder.folder
