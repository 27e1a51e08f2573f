"""MIG001."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.checks.migrations.applies import applies
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from tests.checks.migrations.records import AGAIN, BROKEN, DOWN, UP, revision


def test_failed_upgrade_is_a_finding_with_everything_to_mend_it() -> None:
    assert list(applies(revision(replace(UP, failure=BROKEN)))) == [
        Finding(
            "r1",
            "upgrade of 'r1' fails (versions/r1.py:21): UndefinedTable: relation \"t\" does not exist",
            evidence=({"statement": "DROP TABLE t"},),
            identity="upgrade fails",
        )
    ]


def test_upgrade_that_ran_is_none() -> None:
    assert list(applies(revision(UP, DOWN, AGAIN))) == []
    assert list(applies(revision(UP, replace(DOWN, failure=BROKEN)))) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"blocked_by": "r0"}, "not reached, because revision r0 does not apply"),
        ({"unjudged": "the server is gone"}, "not reached: the server is gone"),
        ({}, "not reached by the rehearsal"),
    ],
)
def test_revision_that_was_not_reached_is_never_a_pass(more: dict[str, str], words: str) -> None:
    with pytest.raises(CannotJudge, match=words):
        list(applies(revision(**more)))
