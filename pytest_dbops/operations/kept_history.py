"""What runs keep of an environment for later ones: `.dbops/history/ENVIRONMENT.json` in the project's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from pytest_dbops.config.model import Config
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.counters import COUNTERS_KEY, SETTINGS_KEY, kept_settings, sample_of, samples_in, with_sample
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Statistics


@frozen
class KeptHistory:
    """Texts by key; the `History` that checks are given."""

    entries: Mapping[str, str] = field(default_factory=dict)

    def last(self, key: str) -> str | None:
        """Return the newest text kept under `key`, or None when there is none."""
        return self.entries.get(key)


def load_history(config: Config, environment: Environment) -> KeptHistory:
    """Return what earlier runs have kept; empty when there is nothing, or nothing that can be read."""
    try:
        return from_json(KeptHistory, json.loads(_file(config, environment).read_bytes()))
    except (OSError, ValueError):
        return KeptHistory()


def keep_what_was_read(config: Config, environment: Environment, statistics: Statistics | None) -> str:
    """Keep the statistics a run has read, where rates are judged; return one line when that fails, else nothing."""
    try:
        if statistics is not None and environment.is_guarded:
            keep_statistics(config, environment, statistics)
    except OSError as err:
        return f"the statistics could not be kept for the next run: {err.strerror}: {err.filename}"
    return ""


def keep_statistics(config: Config, environment: Environment, statistics: Statistics) -> None:
    """Add the counters and settings of this run to what is kept, so that the next can take rates; raises OSError."""
    history = load_history(config, environment)
    text = with_sample(samples_in(history), sample_of(statistics))
    file = _file(config, environment)
    file.parent.mkdir(parents=True, exist_ok=True)
    entries = {**history.entries, COUNTERS_KEY: text}
    if "settings" not in statistics.unreadable:  # a role that sees fewer of them must not make the rest look new
        entries[SETTINGS_KEY] = json.dumps(kept_settings(statistics))
    kept = KeptHistory(entries)
    write_durably(file, json.dumps(to_json(kept)).encode())


def _file(config: Config, environment: Environment) -> Path:
    return config.root / ".dbops" / "history" / f"{environment.name}.json"
