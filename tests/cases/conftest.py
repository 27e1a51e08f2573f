"""The one option that renews golden files: `pytest tests/cases --update-golden`, then read the diff."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the checks find in tests/cases/*/bad*.sql as the findings expected of them",
    )


@pytest.fixture
def may_update_golden(pytestconfig: pytest.Config) -> bool:
    """Whether golden files are written instead of compared."""
    return bool(pytestconfig.getoption("--update-golden", default=False))
