"""Settings of one moment, kept between runs so that a change is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics

SETTINGS_KEY = "settings"

_OF_A_FILE = frozenset({"journal_mode", "page_size", "auto_vacuum", "encoding", "application_id"})
"""What a SQLite file keeps; other pragmas are the connection's, or change with every write."""

_OF_A_SESSION = frozenset(
    {"application_name", "in_hot_standby", "is_superuser", "role", "session_authorization", "seed"}
)


def kept_settings(statistics: Statistics) -> dict[str, str]:
    """Return the settings that are the server's or the file's own, by name."""
    if statistics.dialect == "sqlite":
        return {name: value for name, value in statistics.settings.items() if name in _OF_A_FILE}
    return {
        name: value
        for name, value in statistics.settings.items()
        if name not in _OF_A_SESSION and not name.startswith("transaction_")
    }


def settings_in(history: History) -> Mapping[str, str] | None:
    """Return the settings that the last run has kept; None when there are none, or none that can be read."""
    try:
        kept = json.loads(history.last(SETTINGS_KEY) or "")
    except ValueError:
        return None
    return kept if isinstance(kept, dict) else None
