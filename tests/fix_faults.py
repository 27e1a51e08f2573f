"""How often what depends on luck is tried: a sample by default, a long run with `--faults=full`.

A test marked `fault` injures something at a moment that is a matter of luck (it kills a process, a connection or
a server); many rounds find the moments that one round misses. Likewise property tests: a few fixed examples by
default, many random ones in a long run.
"""

from __future__ import annotations

import pytest

ROUNDS = 10


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--faults`."""
    parser.getgroup("dbops tests").addoption(
        "--faults", default="sample", choices=("sample", "full"),
        help=f"run fault tests once (sample) or {ROUNDS} times, and properties with many examples (full)",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and set how many examples a property is tried with."""
    config.addinivalue_line("markers", "fault: injures something by chance; repeated with --faults=full")
    try:
        from hypothesis import settings
    except ImportError:
        return  # a gate runs in this folder too, where the packages of the tests need not be installed
    settings.register_profile("sample", max_examples=8, deadline=None, derandomize=True)
    settings.register_profile("full", max_examples=500, deadline=None)
    settings.load_profile(config.getoption("--faults"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a marked test."""
    is_full = metafunc.config.getoption("--faults") == "full"
    if is_full and metafunc.definition.get_closest_marker("fault"):
        metafunc.fixturenames.append("fault_round")
        metafunc.parametrize("fault_round", range(ROUNDS))
