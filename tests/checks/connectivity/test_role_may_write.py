"""CON024."""

from __future__ import annotations

from pytest_dbops.checks.connectivity.role_may_write import role_may_write
from pytest_dbops.core.environment import Kind
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, environment_at, facts, session_on
from tests.checks.connectivity.conftest import PLAIN, Target

SOME = "CREATE TABLE note (id int PRIMARY KEY, text text); CREATE TABLE memo (id int PRIMARY KEY)"


def _asked(url: str, kind: Kind = Kind.PRODUCTION) -> list[Finding]:
    with session_on(url) as session:
        return ask(role_may_write, session=session, environment=environment_at(url, kind))


def test_role_that_only_reads_is_fine(target: Target) -> None:
    target.admin(SOME)
    target.admin(f"GRANT SELECT ON note, memo TO {PLAIN}")
    assert _asked(target.url(PLAIN)) == []


def test_superuser_is_an_error_where_a_reading_role_is_required(target: Target) -> None:
    findings = _asked(target.url())
    assert [(finding.severity, finding.message.endswith("is a superuser, whom nothing is refused"))
            for finding in findings] == [(None, True)]  # fmt: skip


def test_right_on_one_column_is_enough(target: Target) -> None:
    target.admin(SOME)
    target.admin(f"GRANT UPDATE (text) ON note TO {PLAIN}")
    target.admin(f"GRANT INSERT, DELETE, TRUNCATE ON memo TO {PLAIN}")
    findings = _asked(target.url(PLAIN))
    assert facts(findings, role_may_write) == [(f"role {PLAIN}", Severity.ERROR)]
    assert findings[0].message == f"role '{PLAIN}' may write to 2 tables"
    assert findings[0].evidence == (
        {"table": "public.memo", "rights": "INSERT, DELETE, TRUNCATE"},
        {"table": "public.note", "rights": "UPDATE"},
    )


def test_it_is_an_info_where_nothing_is_required(target: Target) -> None:
    target.admin(SOME)
    target.admin(f"GRANT INSERT ON note TO {PLAIN}")
    assert facts(_asked(target.url(PLAIN), Kind.DEVELOPMENT), role_may_write) == [(f"role {PLAIN}", Severity.INFO)]
