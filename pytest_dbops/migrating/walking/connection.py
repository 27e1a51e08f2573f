"""The project's own connection as the walk uses it between two steps: it reads, begins, and takes back.

Reading goes through the cursor that SQLAlchemy knows for the driver, also an asynchronous one's. Where env.py
opened a transaction of its own around all migrations, its ends are set at the driver: SQLAlchemy keeps its idea of
one long transaction, and each revision still is one of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from pytest_dbops.migrating.asking_again import ask_again, takes_several
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.walking.changes import MARKS, Changes

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import TableClause

    from pytest_dbops.core.catalog import Catalog

_CURRENT_TRANSACTION = "SELECT pg_catalog.txid_current()::text"
_AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"


class Queryable(Protocol):
    """What a reader of catalogs needs of a connection."""

    def query(self, sql: str) -> Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]]:
        """Run one statement that reads and return its rows."""


class Session(Queryable, Protocol):
    """What a reader needs that reads the same database again and again."""

    def run(self, sql: str) -> None:
        """Run one statement of which no rows are wanted."""


CatalogReader = Callable[[Queryable], "Catalog"]
RepeatedCatalogReader = Callable[[Session], "Catalog"]


class WalkConnection:
    """One connection of env.py, from the moment alembic asks for the first step."""

    def __init__(
        self, context: MigrationContext, read: RepeatedCatalogReader, *, is_in_transaction: bool, has_rows: bool = True
    ) -> None:
        assert context.connection is not None
        self.context = context
        self._read = read
        self._is_theirs = is_in_transaction
        self._proxy: Any = None
        self.changes = Changes()
        self._has_rows = has_rows
        self._applied = ""
        self._shown: list[tuple[Catalog, Catalog]] = []
        self._kept: tuple[object, AbstractContextManager[Any]] | None = None

    @property
    def dialect(self) -> str:
        """The product: `postgresql` or `sqlite`."""
        return self.context.dialect.name

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        """Run one statement as it stands, without parameters; a `%` in it is only that.

        By the driver's own cursor: a catalog is a dozen statements, and SQLAlchemy's results cost as much as they do.
        """
        with self._cursor() as cursor:
            cursor.execute(sql)
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
        return rows

    def query_again(self, sql: str) -> Sequence[Sequence[Any]]:
        """Return what `query` does, of a statement that is run often enough to be prepared where that goes."""
        with self._cursor() as cursor:
            return ask_again(self._driver().dbapi_connection, cursor, sql)

    @property
    def sends_together(self) -> bool:
        """Whether several statements are one round trip."""
        return takes_several(self._driver().dbapi_connection)

    def query_all(self, statements: Sequence[str]) -> list[Sequence[Sequence[Any]]]:
        """Run statements one after another and return the rows of each; in one round trip where the driver can.

        The first that is refused ends it, and is what is raised; none of them may hold more than one statement.
        """
        with self._cursor() as cursor:
            if not self.sends_together:
                return [_rows_of(cursor, cursor.execute(each)) for each in statements]
            cursor.execute(";\n".join(statements))
            found = [_rows_of_psycopg(cursor)]
            while cursor.nextset():
                found.append(_rows_of_psycopg(cursor))
        assert len(found) == len(statements)
        return found

    def run(self, sql: str) -> None:
        """Run one statement as it stands, of which no rows are wanted."""
        with self._cursor() as cursor:
            cursor.execute(sql)

    def leave_preparing_to_readers(self) -> None:
        """Keep the driver from preparing statements by itself (psycopg).

        At every rollback it discards all that is prepared in the session, so that it gains nothing in a walk, and what
        a reader of catalogs has prepared would be lost.
        """
        driver = self._driver().dbapi_connection
        if hasattr(driver, "prepare_threshold"):
            driver.prepare_threshold = None

    def spare_the_disk(self) -> None:
        """Let a file of ours need no journal on disk and no waiting for it (SQLite).

        What a process leaves behind that ends within a transaction is never used again: the next begins with another
        file. A write-ahead log is the project's own choice, and stays.
        """
        driver = self._driver().dbapi_connection
        if self.dialect != "sqlite" or getattr(driver, "in_transaction", True):
            return
        self.run("PRAGMA synchronous = OFF")
        if tuple(self.query("PRAGMA journal_mode")[0]) == ("delete",):
            self.query("PRAGMA journal_mode = MEMORY")

    def ground(self) -> Ground:
        """Return the connection as what rows are put through."""
        return Ground(self.run, self.query, self.query_all)

    def snapshot(self) -> Catalog:
        """Return the schema without alembic's version table; call it between `begin` and `commit` or `rollback`."""
        catalog = self._read(self)
        for whole, shown in self._shown:
            if whole is catalog:
                return shown
        kept = tuple(table for table in catalog.tables if not self._is_version_table(table.schema, table.name))
        shown = catalog if len(kept) == len(catalog.tables) else replace(catalog, tables=kept)
        self._shown = [(catalog, shown), *self._shown[:1]]
        return shown

    def applied(self) -> frozenset[str]:
        """Return the revisions in the version table."""
        if not self._applied:
            preparer = self.context.dialect.identifier_preparer
            self._applied = f"SELECT version_num FROM {preparer.format_table(self._version_table())}"  # noqa: S608  # quoted
        return frozenset(str(row[0]) for row in self.query(self._applied))

    def empty_version_table(self) -> TableClause:
        """Take the rows out of the version table, return it, and leave it to env.py to commit that."""
        assert self.context.connection is not None
        versions = self._version_table()
        self.context.connection.execute(versions.delete())
        return versions

    def note_changes(self, function: Callable[[], object]) -> None:
        """Run what may change rows, and note in `changes` whether it did."""
        if self._has_rows:
            self.changes.noting(self._mark, function)
        else:
            function()

    def begin(self) -> None:
        """Begin a transaction of our own, in which an autocommit block of a revision works as in a real run."""
        self.close()
        if not self._is_theirs:
            self._proxy = self.context.begin_transaction(_per_migration=True)

    def commit(self) -> None:
        """Commit what our own transaction did; raises what a deferred constraint has to say."""
        if self._is_theirs:
            self._driver().commit()
        elif self._proxy is not None and self._is_begun_by_alembic():
            self._proxy.commit()
        self._proxy = None
        self.close()

    def rollback(self) -> None:
        """Take back what our own transaction did, as far as a revision has not committed it by itself."""
        if self._is_theirs:
            self._driver().rollback()
            return
        if self._proxy is not None and self._is_begun_by_alembic():
            self._proxy.rollback()
        self._proxy = None
        assert self.context.connection is not None
        self.context.connection.rollback()

    def close(self) -> None:
        """Commit what reading began, and what alembic did before the first step: it makes its version table there."""
        assert self.context.connection is not None
        if self._is_theirs:
            self._driver().commit()
        else:
            self.context.connection.commit()

    def transaction_id(self) -> str:
        """Return what names the transaction on the server (PostgreSQL)."""
        return str(self.query(_CURRENT_TRANSACTION)[0][0])

    def check_constraints(self, catalog: Catalog | None) -> None:
        """Raise what a COMMIT here would raise of deferred constraints (PostgreSQL).

        catalog: the schema as it is now, if more follows in this transaction: what is initially deferred is again.
        """
        self.run(_AT_ONCE)
        deferred = _initially_deferred(catalog) if catalog is not None else ()
        if deferred:
            self.run(f"SET CONSTRAINTS {', '.join(deferred)} DEFERRED")

    def check_at_end(self) -> str:
        """Raise what a COMMIT here would raise of deferred constraints; returns what names the transaction."""
        return str(self.query_all([_AT_ONCE, _CURRENT_TRANSACTION])[1][0][0])

    def forget_types(self) -> None:
        """Take from alembic its memory of types it has made, which ends with the process of a real deploy."""
        self.context.impl.memo.clear()

    def _mark(self) -> Sequence[Any] | None:
        """Return what is another one once rows were changed; None where that cannot be told."""
        statement = MARKS.get(self.dialect)
        if statement is None or self._driver_is_autocommit():
            return None
        return tuple(self.query_again(statement)[0])

    def _driver_is_autocommit(self) -> bool:
        return self.dialect == "postgresql" and getattr(self._driver().dbapi_connection, "autocommit", False) is True

    def _version_table(self) -> TableClause:
        from sqlalchemy import column, table

        return table(self.context.version_table, column("version_num"), schema=self.context.version_table_schema)

    def _is_version_table(self, schema: str, name: str) -> bool:
        wanted = self.context.version_table_schema
        return name == self.context.version_table and wanted in (None, schema)

    def _is_begun_by_alembic(self) -> bool:
        """Whether alembic still knows a transaction: a revision may have ended it, and begun no other."""
        return self.context._transaction is not None

    def _cursor(self) -> AbstractContextManager[Any]:
        """Return a cursor: on PostgreSQL one for all statements, since making it costs a quarter of a short one.

        SQLite's is closed after each: one that stays open may hold a lock on the file.
        """
        driver = self._driver()
        if self.dialect != "postgresql":
            return closing(driver.cursor())
        if self._kept is None or self._kept[0] is not driver.dbapi_connection:
            self._kept = driver.dbapi_connection, nullcontext(driver.cursor())
        return self._kept[1]

    def _driver(self) -> Any:
        assert self.context.connection is not None
        return self.context.connection.connection


def _rows_of(cursor: Any, _: object = None) -> Sequence[Sequence[Any]]:
    """Return the rows of what a cursor has just run; none where it was no statement that has any."""
    return cursor.fetchall() if cursor.description else ()


def _rows_of_psycopg(cursor: Any) -> Sequence[Sequence[Any]]:
    """Return the same of psycopg's cursor, which makes a record of every column when asked for its description."""
    return cursor.fetchall() if cursor.rownumber is not None else ()


def _initially_deferred(catalog: Catalog) -> tuple[str, ...]:
    """Return the constraints that are deferred when a transaction begins, qualified and quoted."""
    from pytest_dbops.core.catalog import quoted_name

    return tuple(
        quoted_name(table.schema, constraint.name)
        for table in catalog.tables
        for constraint in (
            *((table.primary_key,) if table.primary_key else ()),
            *table.unique_constraints,
            *table.exclusion_constraints,
            *table.foreign_keys,
        )
        if constraint.is_initially_deferred
    )
