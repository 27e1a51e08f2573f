"""What there is of a trail in a database, and what there must be: functions and triggers by name, with their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from pytest_dbops.core.audit.role import Role as Role
from pytest_dbops.core.audit.sealed import Standing, Waiting
from pytest_dbops.core.frozen import frozen


@frozen
class AuditObject:
    """A function or trigger of the trail.

    subject: the table a trigger is on, as shown to people, or the function itself. text: everything it does, in one
    spelling a product. is_on: whether it fires. make, drop: the statements, empty for what was only read.
    """

    role: Role
    subject: str
    name: str
    text: str
    is_on: bool = True
    make: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others."""
        return self.subject, self.name


@frozen
class Grant:
    """A right on an object of the trail that somebody beside its owner has."""

    subject: str
    grantee: str
    privilege: str


@frozen
class Partition:
    """A partition of the log: `2026-11`, empty for the default one; holds: months of the default one's rows."""

    name: str
    month: str
    holds: tuple[str, ...] = ()


@frozen
class Installed:
    """Everything of a trail but its entries.

    has_schema, has_log: whether the tool's schema and the log are there; without the log most is empty. months: the
    current month, by the database's clock, and those to come of which the product needs partitions. oldest: the month
    that entries, or partitions for them, go back to.
    """

    has_schema: bool = False
    has_log: bool = False
    objects: tuple[AuditObject, ...] = ()
    grants: tuple[Grant, ...] = ()
    partitions: tuple[Partition, ...] = ()
    months: tuple[str, ...] = ()
    oldest: str = ""
    standing: Standing = field(default_factory=Standing)
    waiting: Waiting = field(default_factory=Waiting)


@frozen
class Difference:
    """An object that is not as it must be; found is None when it is missing, and wanted when it should not be."""

    wanted: AuditObject | None
    found: AuditObject | None

    @property
    def subject(self) -> str:
        """The table or function it is about."""
        return self._any.subject

    @property
    def name(self) -> str:
        """The object's name."""
        return self._any.name

    @property
    def _any(self) -> AuditObject:
        found = self.wanted or self.found
        assert found is not None
        return found


def differences(wanted: Sequence[AuditObject], found: Sequence[AuditObject]) -> tuple[Difference, ...]:
    """Return what is missing, off, changed or left over, in the order of what is wanted."""
    present, needed = {each.key: each for each in found}, {each.key for each in wanted}
    told = [Difference(each, present.get(each.key)) for each in wanted if not _is_as_wanted(each, present)]
    return (*told, *(Difference(None, each) for each in found if each.key not in needed))


def _is_as_wanted(each: AuditObject, present: dict[tuple[str, str], AuditObject]) -> bool:
    found = present.get(each.key)
    return found is not None and found.is_on and found.text == each.text
