"""AUD007."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.state import AuditRehearsal

_MOST_NAMED = 3


@check("AUD007", category="privacy", severity=Severity.CRITICAL, cost=Cost.FULL)
def bulk_statement_escapes_audit(audit_rehearsal: AuditRehearsal) -> Iterator[Finding]:
    """A statement that changes many rows of an audited table leaves fewer entries than rows, or more.

    The trail is installed as `[audit]` says on a scratch copy of the target's schema, rows are made up, and each table
    gets an UPDATE, a COPY, a DELETE, from PostgreSQL 15 on a MERGE, and a TRUNCATE of all its rows (UPDATE, DELETE and
    INSERT ... SELECT on SQLite). Each must leave one entry a row. The project's own triggers, references and CHECKs are
    off on the copy. It is inconclusive for tables in which no row could be made, or no column be changed alone.

    A rewrite rule that changes rows beside the statement, or ON CONFLICT REPLACE on SQLite, is the usual cause.
    """
    for each in audit_rehearsal.results:
        if each.rows != each.entries:
            yield Finding(
                each.table, f"{each.statement} of {each.rows} rows of {each.table!r} leaves {each.entries} entries",
                hint="look for rules and ON CONFLICT REPLACE of the table", identity=each.statement,
            )  # fmt: skip
    if audit_rehearsal.unjudged:
        named = "; ".join(f"{table}: {reason}" for table, reason in audit_rehearsal.unjudged[:_MOST_NAMED])
        left = len(audit_rehearsal.unjudged) - _MOST_NAMED
        more = f" and {left} more" if left > 0 else ""
        raise CannotJudge(f"not every table could be tried: {named}{more}")
