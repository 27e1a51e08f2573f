"""Asynchronous fixtures without pytest-asyncio: there where anyio runs them, and told in one line what they lack."""

from __future__ import annotations

from typing import cast

import pytest

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.operations.fixtures import engines
from pytest_dbops.operations.fixtures.handles import TestDatabase


def test_asynchronous_fixtures_are_there_where_anyio_is(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(anyio="")  # by whose name its plugin is known, also where the package is not installed
    listed = pytester.runpytest_subprocess("--fixtures", "-p", "no:asyncio", "-p", "anyio", timeout=60)
    listed.stdout.fnmatch_lines(["dbops_async_engine*", "dbops_async_connection*", "dbops_async_session*"])


def test_missing_greenlet_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(CannotJudge, match=r"'greenlet' \(pip install 'sqlalchemy\[asyncio\]'\)"):
        engines.async_engine(cast("TestDatabase", None))
