"""A head start for the server of a session that is alone: begun before what it will be asked for is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_dbops.plugin.sharing import WORKER_INPUT, run_of

if TYPE_CHECKING:
    from pytest import Config

    from pytest_dbops.provisioning.headstart import HeadStart

HEAD_START: pytest.StashKey[HeadStart] = pytest.StashKey()


def begin_ahead(config: Config) -> None:
    """Begin to start the server that the last session of this project had; workers share one that any may start."""
    if WORKER_INPUT in getattr(config, "workerinput", {}) or config.getoption("dbops_fresh"):
        return
    run = run_of(config).get()
    from pytest_dbops.provisioning.headstart import HeadStart

    head_start = config.stash[HEAD_START] = HeadStart(run, config.rootpath)
    config.add_cleanup(head_start.close)
    head_start.begin()
