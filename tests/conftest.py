"""Fixtures by concern, one module each; a new concern is one more line here."""

from __future__ import annotations

import signal

import pytest

LONGEST_S = 300

pytest_plugins = [
    "pytester",
    "tests.fix_faults",
    "tests.fix_postgres",
    "tests.fix_project",
    "tests.fix_targets",
    "tests.fix_tcp_postgres",
]


def pytest_configure() -> None:
    """Hear interrupts even where a shell started us in the background: processes of the tests inherit deafness."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End a test that hangs; not by a setting, which the gate, installed without this plugin, would not know."""
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            item.add_marker(pytest.mark.timeout(LONGEST_S))
