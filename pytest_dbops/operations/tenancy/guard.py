"""Keep tenants apart on SQLite as row-level security does on PostgreSQL: one guard an engine, one tenant a transaction.

    guard = TenantGuard(engine, column="org_id")
    with Session(engine) as session:
        name_tenant(session, 7)
        session.scalars(select(Invoice))      # rows of tenant 7
        session.execute(text("DELETE FROM invoice"))    # those too, and no others

A transaction that names no tenant sees nothing and writes nothing. On PostgreSQL the guard is the database's own, and
`name_tenant` sets what its policies read. Of an AsyncEngine, `engine.sync_engine` is guarded, and a tenant is named by
`await session.run_sync(name_tenant, 7)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pytest_dbops.backends.sqlite.tenancy.rewriting import guarded_statement
from pytest_dbops.backends.sqlite.tenancy.shapes import COLUMNS, VIEWS, GuardedSchema, shape_guarded
from pytest_dbops.backends.sqlite.tenancy.triggers import LIFTED, PREFIX, TENANT, trigger_statements
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.tenancy import TenancyRules

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Engine
    from sqlalchemy.orm import Session

_STATE = "dbops_tenant"
_DEFAULT_SETTING = "app.tenant"
_STANDING = f"""
SELECT (SELECT schema_version FROM main.pragma_schema_version),
       (SELECT count(*) FROM temp.sqlite_schema WHERE type = 'trigger' AND name LIKE '{PREFIX}%')
"""  # noqa: S608  # a name of ours


_GUARDS: WeakKeyDictionary[Dialect, TenantGuard] = WeakKeyDictionary()
"""By the dialect, which an engine shares with those that are made of it by `execution_options`."""


class TenantGuard:
    """The guard of one engine.

    column: names the tenant of a row. columns: table to column, where it is another one. shared: tables whose rows
    without a tenant are seen by all. exempt: tables that have the column and are nobody's.
    setting: what PostgreSQL's policies read.

    On SQLite every statement of the engine reads through the guard, text and Core and ORM alike, and temporary triggers
    guard what any statement of its connections writes. It holds for code that goes through SQLAlchemy: whoever takes
    the driver's connection out, or opens the file elsewhere, reads past it. Raises UsageError for an engine of another
    product, and for one that is guarded already.
    """

    def __init__(
        self, engine: Engine, *, column: str, columns: dict[str, str] | None = None, shared: tuple[str, ...] = (),
        exempt: tuple[str, ...] = (), setting: str = _DEFAULT_SETTING,
    ) -> None:  # fmt: skip
        if engine.dialect.name not in ("sqlite", "postgresql"):
            raise UsageError(f"tenants are guarded on sqlite and postgresql, not on {engine.dialect.name}")
        if _guard_of(engine) is not None:
            raise UsageError("the engine is guarded already (one guard an engine)")
        if not column:
            raise UsageError("the guard needs the name of the column that names the tenant of a row")
        rules = TenancyRules(
            column=column, columns=tuple((columns or {}).items()), shared=shared,
            exempt=tuple((name, "") for name in exempt), setting=setting,
        )  # fmt: skip
        self.rules = rules
        # Names of triggers, tables and views that are not guarded: how a trial sees whether it would notice.
        self.left_out: frozenset[str] = frozenset()
        _GUARDS[engine.dialect] = self
        if engine.dialect.name == "sqlite":
            self._listen(engine)

    def _listen(self, engine: Engine) -> None:
        from sqlalchemy import event

        engine.dispose()  # what is open already has no functions of ours
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", self._on_begin)
        event.listen(engine, "before_cursor_execute", self._on_execute, retval=True)
        for ending in ("commit", "rollback"):
            event.listen(engine, ending, _forget_tenant)

    def _on_begin(self, connection: Connection) -> None:
        state = _state_of(connection)
        driver = connection.connection.driver_connection
        assert driver is not None
        standing, left_out = driver.execute(_STANDING).fetchone(), self.left_out
        if standing != state.standing:
            state.schema = shape_guarded(driver.execute(COLUMNS), driver.execute(VIEWS), self.rules)
            changed = None
        elif left_out != state.left_out:
            changed = left_out ^ state.left_out
        else:
            return
        for statement in trigger_statements(state.schema, left_out=left_out, only=changed):
            driver.execute(statement)
        state.standing, state.left_out = driver.execute(_STANDING).fetchone(), left_out

    def _on_execute(
        self, connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> tuple[str, Any]:
        state = _state_of(connection)
        if state.is_lifted:
            return statement, parameters
        return guarded_statement(statement, state.schema, left_out=self.left_out), parameters


def name_tenant(session: Session | Connection, tenant: object) -> None:
    """Say for which tenant the transaction at hand works; its end takes that back.

    Raises UsageError where the engine has no guard, for no tenant, and for another tenant than the one that this
    transaction has named: what it has loaded belongs to that one.
    """
    from sqlalchemy import text

    connection = _connection_of(session)
    guard = _guard_of(connection.engine)
    if guard is None:
        raise UsageError("the engine has no guard of tenants (make one: TenantGuard(engine, column=...))")
    if tenant is None:
        raise UsageError("no tenant is named; a transaction that shall see nothing names none")
    if connection.dialect.name == "postgresql":
        naming = text("SELECT set_config(:setting, :tenant, true)")
        connection.execute(naming, {"setting": guard.rules.setting, "tenant": str(tenant)})
        return
    state = _state_of(connection)
    if state.tenant not in (None, tenant):
        raise UsageError(f"this transaction works for tenant {state.tenant!r}; end it before it works for {tenant!r}")
    state.tenant = tenant


@contextmanager
def lift_guard(session: Session | Connection) -> Iterator[None]:
    """Let a transaction see and write the rows of all tenants for the length of the block: for migrations, for jobs.

    On PostgreSQL that is a matter of the role, and nothing is lifted.
    """
    connection = _connection_of(session)
    if connection.dialect.name != "sqlite":
        yield
        return
    state = _state_of(connection)
    before, state.is_lifted = state.is_lifted, True
    try:
        yield
    finally:
        state.is_lifted = before


class _State:
    """What one connection of the driver works for."""

    __slots__ = ("is_lifted", "left_out", "schema", "standing", "tenant")

    def __init__(self) -> None:
        self.tenant: object = None
        self.is_lifted = False
        self.schema = GuardedSchema({}, {})
        self.standing: object = None
        self.left_out: frozenset[str] = frozenset()


def _on_connect(driver: Any, record: Any) -> None:
    state = record.info[_STATE] = _State()
    driver.create_function(TENANT, 0, lambda: state.tenant)
    driver.create_function(LIFTED, 0, lambda: int(state.is_lifted))


def _forget_tenant(connection: Connection) -> None:
    state = connection.info.get(_STATE)
    if state is not None:
        state.tenant, state.is_lifted = None, False


def _state_of(connection: Connection) -> _State:
    state = connection.info.get(_STATE)
    if not isinstance(state, _State):
        raise UsageError("this connection was opened before its engine was guarded (make the guard first)")
    return state


def _guard_of(engine: Engine) -> TenantGuard | None:
    return _GUARDS.get(engine.dialect)


def _connection_of(session: Session | Connection) -> Connection:
    from sqlalchemy.orm import Session

    connection = session.connection() if isinstance(session, Session) else session
    if not connection.in_transaction():
        connection.begin()
    return connection
