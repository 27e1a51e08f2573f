"""INT015."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.integrity.wrong_visibility_map import wrong_visibility_map
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import PLAIN, Target, needs_extension
from tests.checks.damage import damaged_copy, drop_copy, frozen_no_more


def _asked(target: Target, role: str | None = None) -> list[Finding]:
    with session_on(target.url(role)) as session:
        backend = backend_for("postgresql")
        catalog, statistics = backend.read_catalog(session), backend.read_statistics(session)
        return ask(wrong_visibility_map, catalog=catalog, statistics=statistics, session=session)


@pytest.fixture
def filled(target: Target) -> Iterator[Target]:
    """A database with the extension and a table whose rows are frozen."""
    needs_extension(target, "pg_visibility")
    target.admin("CREATE TABLE entry AS SELECT n FROM generate_series(1, 100) AS n")
    target.admin("CHECKPOINT")  # a commit that is not on the disk yet cannot be marked on its page
    target.admin("VACUUM (FREEZE) entry")
    yield target
    drop_copy(target.server)


def test_damage_is_found(filled: Target) -> None:
    findings = _asked(damaged_copy(filled, "entry", frozen_no_more))
    assert facts(findings, wrong_visibility_map) == [("entry", Severity.CRITICAL)]


def test_sound_table_is_fine(filled: Target) -> None:
    assert _asked(filled) == []


def test_database_without_the_extension_is_not_asked(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="CREATE EXTENSION pg_visibility"):
        _asked(target)


def test_role_that_may_not_read_pages_gets_no_answer(filled: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT EXECUTE ON FUNCTION"):
        _asked(filled, PLAIN)
