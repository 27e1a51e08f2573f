"""What `[audit]` asks for: which tables leave a trail, what stays out of it, who is named, how soon it is sealed."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen

ACTOR = "dbops.actor"
REQUEST = "dbops.request"
MASKED = "(masked)"
"""What stands in an entry for the value of a masked column; NULL stays NULL."""


@frozen
class AuditRules:
    """The rules of one project; tables and columns are patterns with `*` and `?`, columns as `table.column`.

    tenant: the column by which entries are chained apart; empty: one chain.
    actor, request: settings of a PostgreSQL session that say who acts, and for which request.
    seal_within_s: how long an entry may wait for its seal. months_ahead: partitions of the log made ahead.
    keep_months: how many months entries are kept at least before `expire` removes them; None: not said.
    """

    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    tenant: str = ""
    actor: str = ACTOR
    request: str = REQUEST
    seal_within_s: float = 3600.0
    months_ahead: int = 3
    keep_months: int | None = None

    @property
    def is_asked_for(self) -> bool:
        """Whether any table is to leave a trail."""
        return bool(self.tables)
