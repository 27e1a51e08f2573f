"""What an environment allows a migration to lock: how many rows, and for how long."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.locks.mode import LockMode


@frozen
class Allowance:
    """A lock may be held on a table of more than `rows` rows for `ms` milliseconds; on a smaller one, as it likes."""

    rows: int
    ms: int


@frozen
class LockBudget:
    """What one environment allows, by mode; None allows everything.

    row_exclusive: there, `rows` are those that a statement updates or deletes, which others cannot change meanwhile.
    needs_lock_timeout: whether a lock that blocks writes has to be asked for with a lock_timeout.
    """

    access_exclusive: Allowance | None = None
    exclusive: Allowance | None = None
    share_row_exclusive: Allowance | None = None
    share: Allowance | None = None
    share_update_exclusive: Allowance | None = None
    row_exclusive: Allowance | None = None
    needs_lock_timeout: bool = False

    @property
    def is_limited(self) -> bool:
        """Whether there is anything that it does not allow."""
        return self.needs_lock_timeout or any(self.allowance(mode) is not None for mode in LockMode)

    def allowance(self, mode: LockMode) -> Allowance | None:
        """Return what is allowed for a mode; those of plain readers have no limit."""
        allowed: Allowance | None = getattr(self, mode.key, None)
        return allowed
