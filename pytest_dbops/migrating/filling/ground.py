"""The connection rows are put through: the project's own, at any revision, inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import CannotJudge

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGEST_MESSAGE = 240


@dataclass(frozen=True, slots=True)
class Ground:
    """Two ways to run one statement of text without parameters.

    ``run`` changes something, ``query`` returns rows. Both are given no percent sign and no ``:name``, so that
    drivers and layers that format parameters leave the text alone. PostgreSQL needs an open transaction; SQLite
    begins one at the first savepoint where there is none.
    """

    run: Callable[[str], object]
    query: Callable[[str], Sequence[Sequence[Any]]]

    def attempt(self, *statements: str) -> str:
        """Run statements, all or none; return the server's message, empty when they were taken."""
        self.run("SAVEPOINT dbops_attempt")
        try:
            for statement in statements:
                self.run(statement)
        except Exception as err:  # any driver's; what matters is that the server refused
            self.run("ROLLBACK TO SAVEPOINT dbops_attempt")
            self.run("RELEASE SAVEPOINT dbops_attempt")
            return message_of(err)
        self.run("RELEASE SAVEPOINT dbops_attempt")
        return ""

    def ask(self, statement: str) -> Sequence[Sequence[Any]]:
        """Return rows; raises CannotJudge with the server's message, the transaction still usable."""
        self.run("SAVEPOINT dbops_asked")
        try:
            rows = self.query(statement)
        except Exception as err:  # any driver's
            self.run("ROLLBACK TO SAVEPOINT dbops_asked")
            raise CannotJudge(f"rows could not be read: {message_of(err)}") from err
        finally:
            self.run("RELEASE SAVEPOINT dbops_asked")
        return rows

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo in the end whatever is done within."""
        self.run("SAVEPOINT dbops_undone")
        try:
            yield
        finally:
            self.run("ROLLBACK TO SAVEPOINT dbops_undone")
            self.run("RELEASE SAVEPOINT dbops_undone")


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
