"""Statements of the release that runs that the next schema no longer takes."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.frozen import frozen


class Breakage(StrEnum):
    """What of a new schema a statement of the old release broke on.

    ``TRIGGER_ADDED``: made-up rows were refused by new code, so the release may still run; the others are certain
    for a release that writes every column.
    """

    TABLE_MISSING = "table missing"
    COLUMN_MISSING = "column missing"
    VALUE_REQUIRED = "value required"
    TYPE_CHANGED = "type changed"
    RULE_ADDED = "rule added"
    TRIGGER_ADDED = "trigger added"
    REFUSED = "refused"


_ORDERS = {
    Breakage.TABLE_MISSING: "release code that no longer uses it first, drop it one release later",
    Breakage.COLUMN_MISSING: "release code that no longer uses it first, drop it one release later",
    Breakage.VALUE_REQUIRED: "keep a default until the release that sets the value is everywhere, drop it one later",
    Breakage.TYPE_CHANGED: "add a column of the new type, release code that fills both, drop the old one later",
    Breakage.RULE_ADDED: "release code that keeps the rule first, add the rule one release later",
    Breakage.TRIGGER_ADDED: "make sure the running release does none of what the trigger refuses, or release it first",
    Breakage.REFUSED: "release code that runs on both schemas first",
}


@frozen
class CompatibilityFailure:
    """One thing of a table that the running release needs and the next schema does not give.

    ``column`` is empty where it is about the whole table; ``statements`` are the verbs that failed, ``message`` is the
    server's about the first of them.
    """

    table: str
    column: str
    statements: tuple[str, ...]
    breakage: Breakage
    message: str

    @property
    def line(self) -> str:
        """What fails: ``customer.phone: SELECT, INSERT of the running release fail (column missing)``."""
        subject = f"{self.table}.{self.column}" if self.column else self.table
        verb = "fails" if len(self.statements) == 1 else "fail"
        return f"{subject}: {', '.join(self.statements)} of the running release {verb} ({self.breakage.value})"

    @property
    def order(self) -> str:
        """The order of releases that would be safe."""
        return _ORDERS[self.breakage]
