"""Rehearse what a target lacks on scratch copies of its own schema, filled with generated rows, and forecast it."""

from __future__ import annotations

from collections.abc import Collection

from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.walk import DowngradeRule
from pytest_dbops.core.walk.on_target import TargetRehearsal
from pytest_dbops.operations.build import BuildOrder
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.forecasting import Measuring, forecast_walk
from pytest_dbops.operations.rehearsal import Spared, rehearse_migrations
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.target_schema import TargetSchema, copies_of


@frozen
class TargetOrder:
    """What is rehearsed, and on what.

    left_out: pending revisions that are not to run. sizes: of the target, for the forecast.
    """

    config: Config
    environment: Environment
    run: Run
    schema: TargetSchema
    sizes: TargetSizes
    left_out: frozenset[str] = frozenset()


def rehearse_on_target(order: TargetOrder, *, progress: Progress) -> TargetRehearsal:
    """Walk from the target's own schema, and measure what works on its rows.

    Raises CannotJudge, one line, when the copy cannot be made or nothing can be walked.
    """
    config, environment = order.config, order.environment
    project = config.project
    asked = BuildOrder(
        root=config.root, migrations=project.migrations, metadata=project.metadata, variables=url_variables(config)
    )
    copies = copies_of(order.schema, config, environment, order.run, progress)
    spared = Spared(beyond=order.left_out, only_up=config.migrations.downgrades is DowngradeRule.IGNORED)
    walk = rehearse_migrations(asked, copies, dialect=environment.dialect, progress=progress, spared=spared)
    return TargetRehearsal(walk, forecast_walk(walk, order.sizes, Measuring(asked, copies, progress)))


def not_planned(pending: Collection[str], planned: Collection[str]) -> frozenset[str]:
    """Return what is pending and is not to run."""
    return frozenset(pending) - frozenset(planned)
