"""How the findings of a gate count: what request and configuration say of thresholds, waivers and the baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.config.baseline import load_baseline
from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Fingerprint
from pytest_dbops.operations.absent import absent_inputs
from pytest_dbops.operations.runner import RunRules

if TYPE_CHECKING:
    from pytest_dbops.operations.gate import GateRequest


def run_rules(request: GateRequest, config: Config, environment: Environment) -> RunRules:
    """Return what decides which checks are asked, and how their findings count."""
    return RunRules(
        environment=environment,
        root=config.root,
        today=request.now.date(),
        fail_on=config.gate.fail_on,
        cost=request.cost,
        waivers=config.waivers,
        baseline=_baseline(request, config),
        absent=absent_inputs(config, environment),
    )


def baseline_path(request: GateRequest, config: Config) -> Path | None:
    """Return the file of known findings: that of the request, else the configured one; None where there is none."""
    return request.baseline or (config.path(config.gate.baseline) if config.gate.baseline else None)


def _baseline(request: GateRequest, config: Config) -> frozenset[Fingerprint]:
    given = baseline_path(request, config)
    return load_baseline(given) if given else frozenset()
