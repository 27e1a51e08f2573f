"""How alembic reaches the database: a connection that was handed in, the configured URL, or DATABASE_URL.

Every revision is one transaction. On SQLite that needs help: the driver would otherwise run DDL outside of
any transaction, and rebuilding a table must not fire foreign keys.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from sqlalchemy import Connection, MetaData, create_engine, event, pool
from sqlalchemy.engine import make_url

from accounting.models import metadata

_PARTITION = re.compile(r"audit_log_(y\d{4}m\d{2}|default)")


def _url() -> str:
    configured = context.config.get_main_option("sqlalchemy.url") or os.environ.get("DATABASE_URL", "")
    if not configured:
        raise SystemExit("no database: set DATABASE_URL, or sqlalchemy.url in the alembic configuration")
    url = make_url(configured)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out partitions, which maintenance adds month by month, and tables of the gate's own tool."""
    return kind != "table" or name is None or not (_PARTITION.fullmatch(name) or name.startswith("dbops_"))


def _models_on_sqlite() -> MetaData:
    """Return the models without identity columns, which SQLite does not have."""
    models = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        for column in table.to_metadata(models).columns:
            if column.identity is not None:
                column.identity = column.server_default = None
    return models


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=_models_on_sqlite() if is_sqlite else metadata,
        include_name=_is_ours,
        compare_type=True,
        compare_server_default=True,
        render_as_batch=is_sqlite,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    with _foreign_keys_off(connection), context.begin_transaction():
        context.run_migrations()


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Keep SQLite from acting on references while a table is rebuilt; a no-op elsewhere."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    was_on = driver.execute("PRAGMA foreign_keys").fetchone()[0]
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA foreign_keys = {'ON' if was_on else 'OFF'}")


def _run_online() -> None:
    handed_in = context.config.attributes.get("connection")
    if handed_in is not None:
        _migrate(handed_in)
        return
    engine = create_engine(_url(), poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _let_us_begin)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        _migrate(connection)


def _let_us_begin(driver: Any, _record: object) -> None:
    """Stop the SQLite driver from beginning and committing on its own."""
    driver.isolation_level = None


def _run_offline() -> None:
    context.configure(
        url=_url(),
        target_metadata=metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _run_offline()
else:
    _run_online()
