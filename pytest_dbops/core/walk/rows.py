"""The rows a revision met while it was rehearsed: which they were, whether it took them, and what it did to them."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.rehearsed import LossAccount
from pytest_dbops.core.walk.failure import Failure


class Rows(StrEnum):
    """Which generated rows are in the tables: each of these is taken where the one before was refused."""

    USUAL = "boundary values"
    ORDINARY = "ordinary values"
    NONE = "none"


@frozen
class Refusal:
    """An upgrade that runs over fewer or other rows, but not over these.

    is_certain: any row is refused, whatever is in it: a new column wants a value and has no default.
    is_of_code: it was no statement that failed, but the revision's own code: it may know more of real rows.
    """

    rows: Rows
    failure: Failure
    is_certain: bool = False
    is_of_code: bool = False


@frozen
class Unfilled:
    """A table without rows that a revision touches, and why it has none."""

    table: str
    reason: str


@frozen
class MetRows:
    """What one revision and its downgrade did to the rows that were there before.

    rows: which rows its upgrade was put in over; refusal: why not over all that were made.
    losses: what is not as it was once it was taken back; for a revision that cannot be, once it was put in.
        None where no rows could be made or read: `unjudged` then says why.
    coverage: how far the rows reach, one line.
    """

    rows: Rows = Rows.USUAL
    refusal: Refusal | None = None
    losses: LossAccount | None = None
    coverage: str = ""
    unfilled: tuple[Unfilled, ...] = ()
    unjudged: str = ""
