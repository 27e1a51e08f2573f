"""Whether a session runs what it collects, or only shows something."""

from __future__ import annotations

from argparse import Namespace

_SHOWING = (
    "collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test", "markers", "cacheshow", "help",
    "version",
)  # fmt: skip


def runs_checks(options: Namespace) -> bool:
    """Return whether checks are run, rather than listed, planned or explained."""
    return not any(getattr(options, name, False) for name in _SHOWING)
