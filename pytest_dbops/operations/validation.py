"""All that can be said against a project's files without connecting anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_dbops.checks.own import files_without_check, load_check_file, own_check_files
from pytest_dbops.checks.registry import collect_checks
from pytest_dbops.config.baseline import load_baseline
from pytest_dbops.config.load import load_config
from pytest_dbops.config.model import Config
from pytest_dbops.config.tuning import tuning_problems
from pytest_dbops.config.validate import validate
from pytest_dbops.core.check import Check
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.operations.aside import printing_aside
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import run_child
from pytest_dbops.operations.own_statements import refuse_unreadable

_CHILD = "pytest_dbops.operations.import_child"
_IMPORT_LIMIT_S = 60


@frozen
class Validation:
    """What is wrong with a project, and what a gate passes over; one line each.

    problems: the configuration's first; warnings: files that look like checks and are none.
    """

    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def validate_project(file: Path, *, variables: Mapping[str, str], mask: SecretMask) -> Validation:
    """Judge all files of a project.

    The project's own checks are imported here, as a gate does; its MetaData and seeders in a process of their own.
    A file that is no valid configuration has one problem, the first.
    """
    try:
        config = load_config(file, variables=variables, mask=mask)
    except DbopsError as err:
        return Validation((str(err),))
    problems = list(validate(config))
    places = [place for written in config.project.checks if (place := config.path(written)).exists()]
    checks, broken = _load_checks(config, places)
    problems += broken or tuning_problems(config, checks)
    problems += _baseline_problems(config)
    problems += _import_problems(config)
    warnings = () if broken else files_without_check(places, checks, root=config.root)
    return Validation(tuple(dict.fromkeys(" ".join(problem.split()) for problem in problems)), warnings)


def _load_checks(config: Config, places: Sequence[Path]) -> tuple[tuple[Check, ...], list[str]]:
    """Return all checks of the gate, or what is wrong with each file that does not load."""
    try:
        with printing_aside(config.mask):
            checks = collect_checks(places, root=config.root)
            refuse_unreadable(checks)
    except DbopsError as err:
        return (), _load_problems(config, places) or [str(err)]
    return checks, []


def _load_problems(config: Config, places: Sequence[Path]) -> list[str]:
    try:
        return [line for file in own_check_files(places, root=config.root) if (line := _load_problem(file, config))]
    except DbopsError as err:
        return [str(err)]


def _load_problem(file: Path, config: Config) -> str:
    try:
        with printing_aside(config.mask):
            refuse_unreadable(load_check_file(file, root=config.root))
    except DbopsError as err:
        return str(err)
    return ""


def _baseline_problems(config: Config) -> list[str]:
    path = config.path(config.gate.baseline) if config.gate.baseline else None
    try:
        if path is not None and path.exists():
            load_baseline(path)
    except DbopsError as err:
        return [str(err)]
    return []


def _import_problems(config: Config) -> list[str]:
    """Return what does not import, found out by a child that can reach no database."""
    project = config.project
    seeders = project.seeders if project.seeders and config.path(project.seeders).exists() else ""
    if not project.metadata and not seeders:
        return []
    order = {
        "root": str(config.root),
        "metadata": project.metadata or "",
        "seeders": seeders,
        "variables": url_variables(config),
    }
    said: dict[str, str] = {}
    ended = run_child(
        _CHILD, order, cwd=config.root, without=url_variables(config), hear=said.update, limit_s=_IMPORT_LIMIT_S
    )
    if ended.is_late:
        return [f"[project] metadata and seeders were not imported within {_IMPORT_LIMIT_S} s"]
    if "done" not in ended.last:
        importing, noise = said.get("importing", "metadata or seeders"), f": {ended.noise}" if ended.noise else ""
        return [f"[project] {importing} ends the process that imports it, with code {ended.returncode}{noise}"]
    problems: list[str] = ended.last["done"]["problems"]
    return problems
