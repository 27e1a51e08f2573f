"""STO005."""

from __future__ import annotations

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.storage.bloated_index import bloated_index
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import PLAIN, Target, needs_extension

FILL = "CREATE TABLE entry (id integer PRIMARY KEY); INSERT INTO entry SELECT n FROM generate_series(1, 60000) AS n"
THRESHOLDS = {"least_bytes": 500_000}


def _asked(target: Target, role: str | None = None) -> list[Finding]:
    with session_on(target.url(role)) as session:
        backend = backend_for("postgresql")
        catalog, statistics = backend.read_catalog(session), backend.read_statistics(session)
        return ask(bloated_index, catalog=catalog, statistics=statistics, session=session, thresholds=THRESHOLDS)


def test_index_with_empty_pages_is_found_and_mended_by_its_hint(target: Target) -> None:
    needs_extension(target, "pgstattuple")
    target.admin(FILL)
    target.admin("DELETE FROM entry WHERE id % 20 <> 0")
    target.admin("VACUUM (ANALYZE) entry")
    findings = _asked(target)
    assert facts(findings, bloated_index) == [("entry.entry_pkey", Severity.ERROR)]
    target.admin(findings[0].hint)
    assert _asked(target) == []


def test_fresh_index_is_fine(target: Target) -> None:
    needs_extension(target, "pgstattuple")
    target.admin(FILL)
    target.admin("VACUUM (ANALYZE) entry")
    assert _asked(target) == []


def test_database_without_the_extension_is_not_asked(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="CREATE EXTENSION pgstattuple"):
        _asked(target)


def test_role_that_may_not_read_pages_gets_no_answer(target: Target) -> None:
    needs_extension(target, "pgstattuple")
    target.admin(FILL)
    target.admin("VACUUM (ANALYZE) entry")
    with pytest.raises(MissingPrivilege, match="GRANT EXECUTE ON FUNCTION"):
        _asked(target, PLAIN)
