"""Ports to a database: one open connection as a gate sees it, and the product behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from pytest_dbops.core.environment import Environment, Expectation
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege
from pytest_dbops.core.frozen import frozen

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.catalog import Catalog

Parameters = Mapping[str, object]
ResultRow = Mapping[str, Any]


@frozen
class Identity:
    """Where a session really is; found by asking the server, never by reading the URL.

    host: address and port, or the file of a SQLite database.
    database: name of the database, or the file's name.
    role: who is logged in; empty on SQLite.
    marker: the environment's name as recorded in the tool's own table, or None when there is none.
    server: product and version as people write it, as in `PostgreSQL 16.4`.
    version: (major, minor), as in (16, 4) or (3, 40).
    """

    host: str
    database: str
    role: str
    marker: str | None
    server: str
    version: tuple[int, int]
    is_superuser: bool = False
    is_pooled: bool = False
    in_recovery: bool = False


@frozen
class Capabilities:
    """What a product can do; data, so that no check asks for the product's name."""

    dialect: str
    has_roles: bool
    has_row_security: bool
    has_tls: bool
    has_statistics: bool
    has_concurrent_index_builds: bool
    is_file: bool
    minimum_version: tuple[int, int]


@frozen
class Limits:
    """The limits of one session, in seconds."""

    connect_timeout_s: float
    statement_timeout_s: float
    lock_timeout_s: float


class Session(Protocol):
    """One open, read-only connection. It has no commit; what it reads belongs to one transaction."""

    @property
    def dialect(self) -> str:
        """`postgresql` or `sqlite`."""

    @property
    def identity(self) -> Identity:
        """Where the session is, found by the handshake when it was opened."""

    @property
    def capabilities(self) -> Capabilities:
        """What the product behind the session can do."""

    def query(self, sql: str, params: Parameters | None = None) -> Sequence[ResultRow]:
        """Run ONE reading statement and return all its rows, each a mapping by column name.

        Parameters are named and written `:name` on every product. Called by checks, as often as they
        like. Raises NotReadable when the statement would write, holds a second statement, or would leave
        the session; TimedOut, MissingPrivilege, Unreachable or CannotJudge for what the server says. An
        error spoils only the statement that made it.
        """

    def scalar(self, sql: str, params: Parameters | None = None) -> Any:
        """Return the first column of the first row of `query`, or None when there is no row."""

    def sample(self, sql: str, limit: int, params: Parameters | None = None) -> tuple[Sequence[ResultRow], int]:
        """Return at most `limit` rows of `query` and the number of all rows, with bounded memory."""

    def stream(
        self, sql: str, params: Parameters | None = None, *, block_rows: int = 10_000
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of one SELECT, WITH, VALUES or TABLE in blocks, each row a tuple in the order of its columns.

        For whole tables: memory holds one block. Nothing else can be asked of the session until the iterator is
        exhausted or closed. The statement's time limit counts for each block. Raises what `query` raises.
        """

    def round_trip_ms(self) -> float:
        """Return the time of one `SELECT 1`, in milliseconds; may be repeated."""

    def verify(self) -> None:
        """Prove that the session is still the read-only transaction it began as; raises CannotJudge if not."""

    def close(self) -> None:
        """End the session without a trace; never raises."""


class Backend(Protocol):
    """One database product. Stateless: every method gets what it needs."""

    @property
    def name(self) -> str:
        """`postgresql` or `sqlite`."""

    @property
    def capabilities(self) -> Capabilities:
        """What the product can do."""

    def open_session(
        self, url: str, *, limits: Limits, expect: Expectation, application: str
    ) -> AbstractContextManager[Session]:
        """Connect, do the identity handshake, and enter the read-only transaction.

        Raises Unreachable (connection refused, wrong password, time-out), WrongTarget (handshake), and
        CannotJudge (server too old). Never puts the password into a message.
        """

    def read_catalog(self, session: Session) -> Catalog:
        """Return the schema as an immutable snapshot, in a fixed number of statements."""

    def read_statistics(self, session: Session) -> Statistics:
        """Return sizes, activity and settings as one immutable snapshot, in a fixed number of statements."""

    def read_roles(self, session: Session) -> Roles:
        """Return the server's roles in one statement; none where the product has no roles."""

    def display_url(self, url: str) -> str:
        """Return `url` as it may be shown: no password, no secret parameter."""

    def same_database(self, one: str, other: str) -> bool:
        """Tell whether two URLs lead to one database, as far as that can be known without connecting."""

    def grant_statements(self, environment: Environment, role: str) -> Sequence[str]:
        """Return the statements that make `role` a least-privilege reader for gates; empty if there are no roles."""


@frozen
class Statistics:
    """What a server says of itself at one moment; each part is rows of plain values by column name.

    settings: name to value, in the server's units (PostgreSQL: pg_settings; SQLite: pragmas).
    parts: name of a part to its rows; the parts of each product are listed in its backend's documentation.
    unreadable: name of a part to the reason why the role could not read it, or saw only a part of it.
    taken_at: ISO 8601, from the server's clock where it has one.
    """

    dialect: str
    version: tuple[int, int]
    taken_at: str
    settings: Mapping[str, str]
    parts: Mapping[str, Sequence[Mapping[str, Any]]]
    unreadable: Mapping[str, str]

    def rows(self, part: str) -> Sequence[Mapping[str, Any]]:
        """Return all rows of a part.

        Raises MissingPrivilege when the role saw only some of them or none, and CannotJudge for a part that
        was not read. What was seen all the same is in `parts`.
        """
        if part in self.unreadable:
            raise MissingPrivilege(self.unreadable[part])
        if part not in self.parts:
            raise CannotJudge(f"{self.dialect} has no statistics called {part!r}")
        return self.parts[part]
