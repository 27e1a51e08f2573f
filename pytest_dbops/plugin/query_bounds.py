"""The marker `max_queries(n)`: a test that runs more statements than it may fails, and shows which."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest import Item


class QueryBounds:
    """Registered only where a collected test has the marker."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: Item) -> Generator[None, object, object]:
        """Count the statements of a test's body, without those of its fixtures."""
        marker = item.get_closest_marker("max_queries")
        if marker is None:
            return (yield)
        if len(marker.args) != 1 or not isinstance(marker.args[0], int) or marker.kwargs:
            pytest.fail(f"max_queries takes one whole number, as in max_queries(3), not {marker.args!r}", pytrace=False)
        from pytest_dbops.operations.fixtures.queries import recording

        with recording() as log:
            result = yield
        if log.count > marker.args[0]:
            pytest.fail(
                f"{log.count} statements were run, max_queries allows {marker.args[0]}: {log.told()}", pytrace=False
            )
        return result
