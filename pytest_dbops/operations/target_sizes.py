"""What a gate knows of its target's sizes: from its statistics, else from a file that was exported there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.history import ancestors
from pytest_dbops.core.observed.sizes import Sizes, load_sizes, sizes_of
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.session import Statistics
from pytest_dbops.migrating.history import history_of
from pytest_dbops.migrating.version_table import find_version_table
from pytest_dbops.operations.migrations.applied import read_applied
from pytest_dbops.operations.migrations.project import project_scripts

if TYPE_CHECKING:
    from pytest_dbops.operations.inputs import Inputs


def find_target_sizes(config: Config, environment: Environment, inputs: Inputs) -> TargetSizes:
    """Return the sizes and the applied revisions, as far as either can be had; raises ConfigError for a broken file."""
    file = config.root / f"{environment.name}.sizes.json"
    sizes = _of_target(environment, inputs)
    if sizes is None and file.is_file():
        sizes = load_sizes(file)
    return TargetSizes(sizes, _applied(config, inputs))


def _of_target(environment: Environment, inputs: Inputs) -> Sizes | None:
    try:
        statistics = inputs.get("statistics")
        assert isinstance(statistics, Statistics)
        return sizes_of(statistics, environment.name)
    except DbopsError:  # every check that needs the target says why
        return None


def _applied(config: Config, inputs: Inputs) -> frozenset[str]:
    try:
        scripts = project_scripts(config)
        found = read_applied(inputs.session, find_version_table(scripts))
        return frozenset(ancestors(history_of(scripts, root=config.root), found.rows))
    except DbopsError:  # then each revision counts as one that is still to come
        return frozenset()
