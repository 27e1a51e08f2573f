"""MIG004."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.migrations.single_head import single_head
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.walk import Walk


def test_two_heads_are_a_finding() -> None:
    assert list(single_head(Walk("sqlite", "SQLite 3", ("a", "b"), ()))) == [
        Finding("history", "the history has 2 heads: a, b", hint="alembic merge heads", identity="a b")
    ]


def test_one_head_is_none() -> None:
    assert list(single_head(Walk("sqlite", "SQLite 3", ("a",), ()))) == []


def test_walk_that_was_broken_off_knows_none() -> None:
    with pytest.raises(CannotJudge, match="ended before it knew the heads"):
        list(single_head(Walk("sqlite", "", (), ())))
