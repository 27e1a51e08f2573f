"""Repeats of fault tests: once by default, ten times with `--faults=full`.

A test marked `fault` injures something at a moment that is a matter of luck (it kills a process, a connection or
a server); many rounds find the moments that one round misses.
"""

from __future__ import annotations

import pytest

ROUNDS = 10


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--faults`."""
    parser.getgroup("dbops tests").addoption(
        "--faults", default="sample", choices=("sample", "full"),
        help=f"run each fault test once (sample) or {ROUNDS} times (full)",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "fault: injures something by chance; repeated with --faults=full")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a marked test."""
    is_full = metafunc.config.getoption("--faults") == "full"
    if is_full and metafunc.definition.get_closest_marker("fault"):
        metafunc.fixturenames.append("fault_round")
        metafunc.parametrize("fault_round", range(ROUNDS))
