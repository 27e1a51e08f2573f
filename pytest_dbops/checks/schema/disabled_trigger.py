"""SCH017."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, EventTrigger, Table, Trigger, View, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_STATES = {"disabled": "disabled", "replica": "on only while changes of another server are applied"}


@check("SCH017", category="schema", severity=Severity.ERROR, backends=("postgresql",))
def disabled_trigger(catalog: Catalog) -> Iterator[Finding]:
    """A trigger is disabled, or fires only on a replica.

    What it kept true (an audit trail, a balance, with a constraint's own trigger the foreign key itself) has not
    been true since, for the rows written meanwhile. Mostly a load switched it off and did not come to the line
    that switches it on again. A database or role that sets session_replication_role to replica switches off
    every trigger and every foreign key of its sessions.

    Enable the trigger, then look at the rows written without it.
    """
    holders: list[Table | View] = [*catalog.tables, *catalog.views]
    for holder in holders:
        # A constraint has several triggers, and speaks once.
        off = {trigger.constraint or trigger.name: trigger for trigger in holder.triggers if trigger.enabled in _STATES}
        for name, trigger in sorted(off.items()):
            yield _of_table(holder, trigger, name)
    for event_trigger in catalog.event_triggers:
        if event_trigger.enabled in _STATES:
            yield _of_events(event_trigger)
    yield from _by_a_setting(catalog)


def _of_table(holder: Table | View, trigger: Trigger, name: str) -> Finding:
    what = f"a trigger behind constraint {name!r}" if trigger.constraint else f"trigger {name!r}"
    target = "ALL" if trigger.constraint else quote_identifier(name)
    return Finding(
        f"{holder.display}.{name}",
        f"{what} of {holder.display!r} is {_STATES[trigger.enabled]}",
        hint=f"ALTER TABLE {holder.quoted} ENABLE TRIGGER {target};",
    )


def _of_events(trigger: EventTrigger) -> Finding:
    return Finding(
        trigger.name,
        f"event trigger {trigger.name!r} is {_STATES[trigger.enabled]}",
        hint=f"ALTER EVENT TRIGGER {quote_identifier(trigger.name)} ENABLE;",
        identity="event trigger",
    )


def _by_a_setting(catalog: Catalog) -> Iterator[Finding]:
    for setting in catalog.database.settings:
        name, _, value = setting.rpartition("=")
        if name.endswith("session_replication_role") and value == "replica":
            yield Finding(
                "session_replication_role",
                f"the database sets {setting!r}: triggers and foreign keys are off in its sessions",
                hint="ALTER DATABASE <name> RESET session_replication_role; (or ALTER ROLE ... IN DATABASE ...)",
                identity=name,
            )
