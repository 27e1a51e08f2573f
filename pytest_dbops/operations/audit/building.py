"""The trail of a database that is being built: there before its first row, and sealed when it is complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_dbops.backends import audit_for, backend_for
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.audit.wanted import wanted_of
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.session import Limits
from pytest_dbops.operations.audit.install import install_statements, refuse_vain
from pytest_dbops.operations.audit.seal import seal_all

_APPLICATION = "pytest-dbops build"
_LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=120, lock_timeout_s=10)
_WAIT_S = 60.0
"""How long transactions beside ours, of other databases on a scratch server too, are waited for."""


def install_trail(url: str, dialect: str, rules: AuditRules, *, progress: Callable[[str], None]) -> None:
    """Install the trail on a migrated database behind the plain `url`.

    A pattern that matches nothing is left to the gate (AUD001). Raises ConfigError for a table that no column is left
    of to record.
    """
    product, backend = audit_for(dialect), backend_for(dialect)
    opened = backend.open_session(url, limits=_LIMITS, expect=Expectation(), application=_APPLICATION)
    with opened as session:
        wanted = wanted_of(backend.read_catalog(session), rules)
        installed = product.read_installed(session, rules)
        session.close()
    refuse_vain(replace(wanted, problems=()))
    statements = install_statements(product, wanted, installed)
    progress(f"installing the audit trail: {len(statements)} statements")
    with product.open_writer(url, limits=_LIMITS, application=_APPLICATION) as writer:
        writer.run(statements)


def seal_trail(url: str, dialect: str, *, progress: Callable[[str], None], wait_s: float = _WAIT_S) -> int:
    """Seal every entry there is and return how many; raises CannotJudge where one cannot be sealed yet."""
    product, backend = audit_for(dialect), backend_for(dialect)
    with product.open_writer(url, limits=_LIMITS, application=_APPLICATION) as writer:
        _, entries, _ = seal_all(writer, wait_s=wait_s)
    opened = backend.open_session(url, limits=_LIMITS, expect=Expectation(), application=_APPLICATION)
    with opened as session:
        waiting = product.trail(session).waiting()
        session.close()
    if waiting.entries:
        raise CannotJudge(
            f"{waiting.entries} entries of the audit trail cannot be sealed: transactions of others on the scratch"
            f" server did not end within {wait_s:g} s (run it again)"
        )
    progress(f"audit trail sealed: {entries} entries")
    return entries
