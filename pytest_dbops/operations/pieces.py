"""The inputs of checks that a run makes of what a project has beside its migrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import pooler_url
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.maintenance.archive import OldRowsFound
from pytest_dbops.core.own_folders import OwnFolders
from pytest_dbops.core.pools import Pools
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.inputs import Inputs, Piece
from pytest_dbops.operations.kept_history import KeptHistory, load_history
from pytest_dbops.operations.own_folders import measure_own_folders
from pytest_dbops.operations.seeding.rehearse import inputs_of_seeds
from pytest_dbops.operations.tenancy.rehearse import inputs_of_tenancy

if TYPE_CHECKING:
    from pytest_dbops.operations.runs import Run


def pieces_of(config: Config, environment: Environment, progress: Progress, run: Callable[[], Run]) -> dict[str, Piece]:
    """Return what makes each: of seeders, of tenants, of the audit trail, and of what earlier runs have kept."""
    return {
        **inputs_of_seeds(config, environment, progress, run),
        **inputs_of_tenancy(config, environment, progress, run),
        **_of_audit(config, environment, progress, run),
        "history": (KeptHistory, lambda _: load_history(config, environment)),
        "pools": (Pools, lambda _: _pools(config, environment)),
        "own_folders": (OwnFolders, lambda inputs: measure_own_folders(config, inputs.clock)),
        "old_rows": (OldRowsFound, lambda inputs: _old_rows(config, environment, inputs)),
    }


def _pools(config: Config, environment: Environment) -> Pools:
    from pytest_dbops.backends.postgresql.pooler import read_pools

    return read_pools(pooler_url(config, environment).reveal(), timeout_s=environment.policy.connect_timeout_s)


def _old_rows(config: Config, environment: Environment, inputs: Inputs) -> OldRowsFound:
    from pytest_dbops.operations.maintaining.old_rows import find_old_rows

    catalog = inputs.get("catalog")
    assert isinstance(catalog, Catalog)
    return find_old_rows(config.archives, inputs.session, catalog, environment, now=inputs.clock)


def _of_audit(config: Config, environment: Environment, progress: Progress, run: Callable[[], Run]) -> dict[str, Piece]:
    if not config.audit.is_asked_for:
        return {}
    from pytest_dbops.operations.audit.judging import inputs_of_audit

    return inputs_of_audit(config, environment, progress, run)
