"""The connection rows are put through: the project's own, at any revision, inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGEST_MESSAGE = 240


@frozen
class Ground:
    """Ways to run statements of text without parameters.

    ``run`` changes something, ``query`` returns rows, ``all_at_once`` runs several one after another in one round trip
    and returns the rows of each, for those that can. All are given no percent sign and no ``:name``, so that
    drivers and layers that format parameters leave the text alone. PostgreSQL needs an open transaction; SQLite
    begins one at the first savepoint where there is none.
    """

    run: Callable[[str], object]
    query: Callable[[str], Sequence[Sequence[Any]]]
    all_at_once: Callable[[Sequence[str]], Sequence[Sequence[Sequence[Any]]]] | None = None

    def run_all(self, *statements: str) -> None:
        """Run statements one after another; the first that is refused is the last, and what is raised."""
        if self.all_at_once is not None and statements:
            self.all_at_once(statements)
            return
        for statement in statements:
            self.run(statement)

    def query_all(self, *statements: str) -> Sequence[Sequence[Sequence[Any]]]:
        """Return the rows of statements that all have some."""
        if self.all_at_once is not None and statements:
            return self.all_at_once(statements)
        return [self.query(statement) for statement in statements]

    def attempt(self, *statements: str) -> str:
        """Run statements, all or none; return the server's message, empty when they were taken."""
        try:
            self.run_all("SAVEPOINT dbops_attempt", *statements, "RELEASE SAVEPOINT dbops_attempt")
        except Exception as err:  # any driver's; what matters is that the server refused
            self.run_all("ROLLBACK TO SAVEPOINT dbops_attempt", "RELEASE SAVEPOINT dbops_attempt")
            return message_of(err)
        return ""

    def attempt_in_vain(self, *statements: str) -> str:
        """Return what `attempt` does, and undo what was taken as well."""
        return self.attempt(*statements, "ROLLBACK TO SAVEPOINT dbops_attempt")

    def ask(self, statement: str, *, under: str = "") -> Sequence[Sequence[Any]]:
        """Return rows; raises CannotJudge with the server's message, the transaction still usable.

        under: a query that sets what shapes the answer, for the transaction; that ends with the answer.
        """
        release = "RELEASE SAVEPOINT dbops_asked"
        try:
            if under:
                undo = "ROLLBACK TO SAVEPOINT dbops_asked"
                return self._asked(("SAVEPOINT dbops_asked", under), statement, (undo, release))
            return self._asked(("SAVEPOINT dbops_asked",), statement, (release,))
        except Exception as err:  # any driver's
            self.run_all("ROLLBACK TO SAVEPOINT dbops_asked", "RELEASE SAVEPOINT dbops_asked")
            raise CannotJudge(f"rows could not be read: {message_of(err)}") from err

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo in the end whatever is done within."""
        self.run("SAVEPOINT dbops_undone")
        try:
            yield
        finally:
            self.run_all("ROLLBACK TO SAVEPOINT dbops_undone", "RELEASE SAVEPOINT dbops_undone")

    def _asked(self, before: Sequence[str], statement: str, after: Sequence[str]) -> Sequence[Sequence[Any]]:
        if self.all_at_once is not None:
            return self.all_at_once((*before, statement, *after))[len(before)]
        for each in before:
            self.run(each)
        rows = self.query(statement)
        for each in after:
            self.run(each)
        return rows


def ground_of(connection: Connection) -> Ground:
    """Return the ground of a SQLAlchemy connection, whatever its driver; begins a transaction where there is none."""
    if not connection.in_transaction():
        connection.begin()
    return Ground(
        connection.exec_driver_sql,
        lambda sql: [tuple(row) for row in connection.exec_driver_sql(sql).fetchall()],
    )


def message_of(err: Exception) -> str:
    """Return what the server said, one line, without the statement that a layer may add."""
    inner = getattr(err, "orig", None) or err
    line = next((each.strip() for each in str(inner).splitlines() if each.strip()), type(inner).__name__)
    return line[:_LONGEST_MESSAGE]
