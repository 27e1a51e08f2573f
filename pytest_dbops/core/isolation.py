"""What a test may leave behind in a database it was lent, and what the one who lends it does about that."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from pytest_dbops.core.frozen import frozen


class State(StrEnum):
    """How a database was found after a test.

    PRISTINE: as it was lent. RESTORED: rows or sequences had changed, and were put back. OCCUPIED: a connection holds
    on to something. ALTERED: it has to be replaced.
    """

    PRISTINE = "pristine"
    RESTORED = "restored"
    OCCUPIED = "occupied"
    ALTERED = "altered"


@frozen
class Leak:
    """One thing that outlived the test which made it, as a person reads it: `a transaction open (SELECT 1)`."""

    what: str


@frozen
class Settled:
    """What was found after a test, and what of it was a leak."""

    state: State
    leaks: tuple[Leak, ...] = ()


class Keeper(Protocol):
    """Watches over one database that is lent to tests; opened by the backend for one process."""

    def settle(self, *, mends_server: bool) -> Settled:
        """Put the database back if it can be, ending connections that hold on to something.

        mends_server: whether this process's tests had the superuser's login, so that what has changed beside the
        database (roles, settings of the server) may be theirs; a test in another process may be using it else.
        Called after each test that could have written. Of ALTERED the caller has to make a new database; raises
        Unreachable when the database or its server is gone.
        """

    def close(self) -> None:
        """Let go of the database; never raises."""
