"""Fixtures by concern, one module each; a new concern is one more line here."""

from __future__ import annotations

pytest_plugins = [
    "pytester",
    "tests.fix_faults",
    "tests.fix_postgres",
    "tests.fix_project",
    "tests.fix_targets",
    "tests.fix_tcp_postgres",
]
