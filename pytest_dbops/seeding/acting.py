"""Act as the role that a project declares for its seeds: one that row-level security does not bind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_dbops.core.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

# PostgreSQL manual, 5.9 Row Security Policies: superusers and roles with BYPASSRLS pass by.
_FREE = "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = :role"


def act_as(engine: Engine, role: str) -> None:
    """Let every connection of an engine act as a role; raises ConfigError for one that it may not be, or is bound."""
    from sqlalchemy import event, text
    from sqlalchemy.exc import DBAPIError

    quoted = engine.dialect.identifier_preparer.quote_identifier(role).replace("%%", "%")
    with engine.connect() as connection:
        is_free = connection.scalar(text(_FREE), {"role": role})
        if is_free is None:
            raise ConfigError(f"seeding role {role!r} is not there (run as superuser: CREATE ROLE {quoted} BYPASSRLS)")
        if not is_free:
            raise ConfigError(
                f"seeding role {role!r} is bound by row-level security (run as superuser: ALTER ROLE {quoted}"
                " BYPASSRLS, or leave it out of [env.NAME.seeding]: seeds are then written tenant by tenant)"
            )
        me = connection.scalar(text("SELECT current_user"))
        try:
            connection.exec_driver_sql(f"SET ROLE {quoted.replace('%', '%%')}")
        except DBAPIError:
            raise ConfigError(
                f"{me!r} may not act as the seeding role {role!r} (run as superuser: GRANT {quoted} TO"
                f" {engine.dialect.identifier_preparer.quote_identifier(str(me))})"
            ) from None

    @event.listens_for(engine, "connect")
    def act(connection: Any, record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {quoted}")
        connection.commit()  # else the end of the first transaction would end it too
