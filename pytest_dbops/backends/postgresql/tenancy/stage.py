"""The scratch database of a trial: who acts in it, for which tenant, and what it really holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy import TenantTable

if TYPE_CHECKING:
    import psycopg

_REFUSED = frozenset({"42501", "44000"})
"""Insufficient privilege, which a policy's refusal is too; and WITH CHECK OPTION of a view."""

_AS_IT_STOOD = "ROLLBACK TO SAVEPOINT dbops_attempt; RELEASE SAVEPOINT dbops_attempt"


@frozen
class Answer:
    """What came of one statement: rows returned or touched, or the server's refusal."""

    rows: tuple[tuple[Any, ...], ...] = ()
    touched: int = 0
    sqlstate: str = ""
    said: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether a privilege or a policy refused it."""
        return self.sqlstate in _REFUSED

    @property
    def met_a_constraint(self) -> bool:
        """Whether it got as far as a constraint, which is asked after the policies."""
        return self.sqlstate.startswith("23")

    @property
    def is_unclear(self) -> bool:
        """Whether it ended for a reason that says nothing of the policies."""
        return bool(self.sqlstate) and not self.is_refused and not self.met_a_constraint


@frozen
class Stage:
    """One transaction on the scratch database, opened as superuser; every attempt is taken back.

    role: the application's, by name. setting: what names the tenant. server_version: as libpq counts.
    Attempts are made by SET SESSION AUTHORIZATION, which is to the server as if the role had logged in. Triggers are
    off meanwhile (session_replication_role), so that nothing but rights and policies has a say.
    """

    connection: psycopg.Connection[Any]
    role: str
    setting: str

    @contextmanager
    def attempt(self, tenant: str | None, *, role: str | None = None) -> Iterator[None]:
        """Act as the role, for a tenant or for none, and put everything back."""
        run = self.connection.execute
        run("SAVEPOINT dbops_attempt")
        try:
            run("SET LOCAL session_replication_role = replica")
            run("SET LOCAL row_security = on")
            if tenant is not None:
                run("SELECT pg_catalog.set_config(%s, %s, true)", (self.setting, tenant))
            run(f"SET LOCAL SESSION AUTHORIZATION {sure(role or self.role)}".encode())
            yield
        finally:
            run(_AS_IT_STOOD)

    def ask(self, sql: str, values: Sequence[object] = ()) -> Answer:
        """Run one statement and return what came of it."""
        import psycopg

        try:
            cursor = self.connection.execute(_with_places(sql, values).encode(), values or None)
            rows = tuple(cursor.fetchall()) if cursor.description else ()
        except psycopg.Error as err:
            return _answer(err)
        return Answer(rows, max(cursor.rowcount, 0))

    def copy_out(self, sql: str) -> tuple[Answer, bytes]:
        """Run a COPY ... TO STDOUT and return what it gave; `touched` counts the rows."""
        import psycopg

        try:
            with self.connection.cursor() as cursor, cursor.copy(sql.encode()) as copy:
                text = b"".join(bytes(block) for block in copy)
        except psycopg.Error as err:
            return _answer(err), b""
        return Answer(touched=text.count(b"\n")), text

    def copy_in(self, sql: str, text: bytes) -> Answer:
        """Run a COPY ... FROM STDIN with this text."""
        import psycopg

        try:
            with self.connection.cursor() as cursor, cursor.copy(sql.encode()) as copy:
                copy.write(text)
        except psycopg.Error as err:
            return _answer(err)
        return Answer(touched=max(cursor.rowcount, 0))

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Change something as superuser for the length of the block."""
        self.connection.execute("SAVEPOINT dbops_change")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK TO SAVEPOINT dbops_change; RELEASE SAVEPOINT dbops_change")

    @contextmanager
    def changed_or_kept(self) -> Iterator[None]:
        """Change something as superuser; where the server refuses, all of the block is undone and nothing is raised."""
        import psycopg

        self.connection.execute("SAVEPOINT dbops_trying")
        try:
            yield
        except psycopg.Error:
            self.connection.execute("ROLLBACK TO SAVEPOINT dbops_trying")
        self.connection.execute("RELEASE SAVEPOINT dbops_trying")


@frozen
class Rows:
    """How many rows a table holds of each tenant, as a superuser sees it; None is a row without a tenant."""

    tenant_table: TenantTable
    counts: Mapping[str | None, int]

    def of(self, tenant: str | None) -> int:
        """Return the number of one tenant's rows."""
        return self.counts.get(tenant, 0)

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that have a row."""
        return frozenset(tenant for tenant in self.counts if tenant is not None)


def read_rows(stage: Stage, table: TenantTable) -> Rows:
    """Count the rows of each tenant."""
    column = sure(table.column)
    found = stage.connection.execute(
        f"SELECT {column}::text, pg_catalog.count(*) FROM {sure_table(table)} GROUP BY 1".encode()  # noqa: S608  # quoted names
    ).fetchall()
    return Rows(table, dict(found))


def sure(name: str) -> str:
    """Return a name no reserved word and no character can break."""
    return '"' + name.replace('"', '""') + '"'


def sure_table(table: TenantTable) -> str:
    """Return a table's name with its schema."""
    return f"{sure(table.table.schema)}.{sure(table.table.name)}"


def sure_text(value: str) -> str:
    """Return a text constant, whatever `standard_conforming_strings` says."""
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _with_places(sql: str, values: Sequence[object]) -> str:
    """Return a statement whose only marks of places are `%s`; a name may have a percent sign."""
    return sql.replace("%", "%%").replace("%%s", "%s").replace("%%%%", "%%") if values else sql


def _answer(err: psycopg.Error) -> Answer:
    said = " ".join((err.diag.message_primary or str(err)).split())
    return Answer(sqlstate=err.sqlstate or "XX000", said=said)
