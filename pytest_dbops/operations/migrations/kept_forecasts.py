"""Forecasts that a gate or a dry run has made, kept in `.dbops/` for who has no time to measure again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.forecast import Forecasts
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import History

FOLDER = "forecasts"


@frozen
class _Kept:
    """What one environment's file holds: from which rows of the version table, and the digest of each revision."""

    applied: tuple[str, ...]
    forecasts: Forecasts
    digests: Mapping[str, str] = field(default_factory=dict)


def keep_forecasts(
    config: Config, environment: str, history: History, applied: Iterable[str], forecasts: Forecasts
) -> None:
    """Keep the forecasts of an environment in place of older ones; a folder that cannot be written is logged."""
    if not forecasts.revisions:
        return
    measured = {each.revision for each in forecasts.revisions}
    digests = {each.id: each.digest for each in history.revisions if each.id in measured}
    file = _file(config, environment)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = to_compact_json(_Kept(tuple(sorted(applied)), forecasts, digests))
        write_durably(file, json.dumps(text).encode())
    except OSError as err:
        logger_of("migrations").info("forecasts are not kept: %s: %s", file, err.strerror)


def load_forecasts(config: Config, environment: str, history: History, applied: Iterable[str]) -> Forecasts:
    """Return what was kept of revisions that are as they were, of a target that stands where it stood."""
    try:
        kept = from_json(_Kept, json.loads(_file(config, environment).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Forecasts()
    if kept.applied != tuple(sorted(applied)):
        return Forecasts()
    now = {each.id: each.digest for each in history.revisions}
    known = tuple(
        each for each in kept.forecasts.revisions if kept.digests.get(each.revision) == now.get(each.revision, "") != ""
    )
    return replace(kept.forecasts, revisions=known)


def _file(config: Config, environment: str) -> Path:
    return config.root / ".dbops" / FOLDER / f"{environment}.json"
