"""Take an organization's rows away again: past the triggers that keep final rows, which is why only seeds may do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import text

from pytest_dbops import SeedContext
from seeds.firms import firm

AUDIT = ("audit_log", "audit_head")
OF_ITS_OWN = ("encryption_key",)
TRIGGERS = text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :table ORDER BY name")


def remover(tables: Sequence[str]) -> Callable[[SeedContext], None]:
    """Return what takes an organization's rows out of `tables`, the last first."""

    def remove(context: SeedContext) -> None:
        _act_for(context)
        for table in reversed(tables):
            with _undisturbed(context, table):
                owner = "owner_org_id" if table in OF_ITS_OWN else "org_id"
                context.delete(table, **{owner: context.organization})

    return remove


def remove_organization(context: SeedContext) -> None:
    """Take away the organization itself, its people, and the audit trail of all its rows, which only now has no end."""
    remover((*AUDIT[::-1], "role", "membership", "role_permission"))(context)
    context.delete("organization", id=context.organization)
    users = context.metadata.tables["app_user"]
    owned = firm(context.organization).user
    context.connection.execute(users.delete().where(users.c.id.between(owned(0), owned(999))))


@contextmanager
def _undisturbed(context: SeedContext, table: str) -> Iterator[None]:
    """Take the triggers off a table and put them back as they were."""
    run = context.connection.exec_driver_sql
    if context.dialect == "postgresql":
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    triggers = context.connection.execute(TRIGGERS, {"table": table}).all()
    for name, _ in triggers:
        run(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        run(statement)


def _act_for(context: SeedContext) -> None:
    if context.dialect == "postgresql":
        naming = text("SELECT set_config('app.org_id', :org_id, true)")
        context.connection.execute(naming, {"org_id": str(context.organization)})
