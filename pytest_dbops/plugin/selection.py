"""What a command line asks for: the gate alone, paths with the gate among them, or paths only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_dbops.config.process_mask import mask_of_process
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.plugin import GATE, PARSER
from pytest_dbops.plugin.garbage import no_garbage_expected

if TYPE_CHECKING:
    from pytest import Config

    from pytest_dbops.plugin.run import GatePlugin

ANCHOR_NAME = "dbops.toml"


def register_gate(config: Config) -> None:
    """Decide what is collected and register the gate's plugin; raises UsageError, one line."""
    name = config.getoption("dbops_env")
    if name is None and (name := _environment_of_named_anchor(config)) is None:
        return
    paths = _paths_on_command_line(config)
    anchor, is_named = None, False
    try:
        anchor = _anchor(config)
        is_named = any(_leads_to(arg, anchor, config) for arg in config.args)
        plugin = _made_plugin(config, anchor, name, collects=not paths or is_named)
    except DbopsError as err:
        if anchor is not None and (not paths or is_named) and not hasattr(config, "workerinput"):
            from pytest_dbops.plugin.stale import withdraw_stale_reports

            withdraw_stale_reports(config.option, config.invocation_params.dir, anchor, name)
        raise pytest.UsageError(mask_of_process(os.environ)(str(err))) from None
    environment = plugin.gate.environment
    if not paths:
        config.args[:] = [str(anchor)]
        config.args_source = config.ArgsSource.ARGS
    elif is_named:
        config.args[:] = _without_covered_anchor(config, anchor)
    elif environment.is_guarded:
        raise pytest.UsageError(
            f"environment {name!r} is a {environment.kind.value} database, on which no tests run "
            f"(leave the paths out to run its gate, or name {anchor.name} among them)"
        )
    config.pluginmanager.register(plugin, GATE)
    from pytest_dbops.plugin.grouping import OneAReason

    config.pluginmanager.register(OneAReason(), "dbops-grouping")
    if plugin.runs_items:
        from pytest_dbops.plugin.at_hand import AtHand

        config.pluginmanager.register(AtHand(config, plugin.gate, plugin.settled), "dbops-at-hand")


def _made_plugin(config: Config, anchor: Path, name: str, *, collects: bool) -> GatePlugin:
    with no_garbage_expected():
        from pytest_dbops.plugin.run import GatePlugin

        return GatePlugin(config, anchor, name, collects=collects)


def _without_covered_anchor(config: Config, anchor: Path) -> list[str]:
    """Return the arguments without the anchor where a folder among them holds it.

    pytest 8.4 collects `. test_x.py` as `test_x.py` alone; the folder's own collection finds the anchor anyway.
    """
    here = config.invocation_params.dir
    folders = [path for arg in config.args if (path := (here / arg).resolve()).is_dir()]
    is_covered = any(anchor.is_relative_to(folder) for folder in folders)
    return [arg for arg in config.args if not (is_covered and (here / arg).resolve() == anchor)]


def _environment_of_named_anchor(config: Config) -> str | None:
    """Return DBOPS_ENV when the anchor is among the arguments; refuse an anchor without an environment."""
    named = [arg for arg in config.args if Path(arg.partition("::")[0]).name == ANCHOR_NAME]
    if not named:
        return None
    name = os.environ.get("DBOPS_ENV")
    if name is None:
        raise pytest.UsageError(f"{named[0]} is the anchor of a gate; say of which environment: --dbops-env=NAME")
    return name


def _paths_on_command_line(config: Config) -> list[str]:
    """Return the paths and node ids given by the user, without those of addopts, testpaths or PYTEST_ADDOPTS."""
    parser = config.stash.get(PARSER, None)
    given = [str(arg) for arg in config.invocation_params.args]
    if parser is None or config.getoption("help") or config.getoption("version"):
        return []
    # argparse hands positionals that follow an option back as unknown (pytest before 9.1, CPython 3.11).
    known, unknown = parser.parse_known_and_unknown_args(given)
    return [*map(str, known.file_or_dir), *(arg for arg in unknown if not arg.startswith("-"))]


def _anchor(config: Config) -> Path:
    """Return the configuration's file; raises ConfigError when there is none."""
    from pytest_dbops.config.document import find_config

    start = config.invocation_params.dir
    wanted: str | None = config.getoption("dbops_config")
    if wanted is None:
        return find_config(start)
    path = (start / wanted).resolve()
    if not path.is_file():
        raise pytest.UsageError(f"--dbops-config: {wanted!r} does not exist")
    return path


def _leads_to(arg: str, anchor: Path, config: Config) -> bool:
    """Whether a path or node id of pytest's arguments is the anchor, or something inside it."""
    path = arg.partition("::")[0]
    return path.endswith(".toml") and (config.invocation_params.dir / path).resolve() == anchor
