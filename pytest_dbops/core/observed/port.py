"""The port between those who run statements and the backend that observes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.observed.observation import Observation

Query = Callable[[str], Sequence[Sequence[Any]]]
"""Runs one reading statement on the connection under observation, in its transaction; returns rows as sequences."""


class ObservationFailed(CannotJudge):
    """Raised when looking at the server broke; the transaction under observation is broken with it."""


class StatementObserver(Protocol):
    """Observes the statements of one connection, one revision after another.

    The caller tells what happens in its order, on one thread. Methods that take `query` may raise
    ObservationFailed; it is no fault of the revision then.
    """

    def begin(self, revision: str, *, direction: str = "upgrade") -> None:
        """Start a new observation; called once a revision and direction, asks nothing."""

    def before_statement(self, query: Query, sql: str, *, line: int = 0, is_autocommit: bool = False) -> None:
        """Note that a statement is about to run; asks the server at the first one, and after a change of rows."""

    def after_statement(self, query: Query) -> None:
        """Look at what the statement did: one round trip, none for one that only reads or changes rows."""

    def statement_failed(self, reason: str, query: Query | None = None) -> None:
        """Note that the statement raised; `query` is given where no transaction is broken by it."""

    def before_commit(self, query: Query) -> None:
        """Look at what is not looked at yet, and end all locks; called right before the commit."""

    def rolled_back(self) -> None:
        """Note that the transaction was undone; asks nothing."""

    def finish(self, query: Query | None = None) -> Observation:
        """Return what was observed since `begin`; called once, after the last commit or rollback.

        query: given where the connection is still open and not in a broken transaction; looks at the last rows.
        """
