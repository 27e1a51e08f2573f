"""What came of trying the project's seeds on a scratch database; data for the checks of seeds."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class ReferenceTable:
    """The rows that every environment must have of one table: (key, hash) of each, by key."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()


@frozen
class SeedRehearsal:
    """The project's seeds at the least size, on a database that its migrations made.

    unfit: why seeders do not fit the head's schema, one line each; nothing was tried then.
    failed: the one line of a seeder that fails; empty when none did.
    unlike: tables that hold other rows when the same seeds are made once more on an empty database.
    again: what a second run on the filled database changed, one line each.
    reference: what reference seeders put in.
    """

    unfit: tuple[str, ...] = ()
    failed: str = ""
    unlike: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    reference: tuple[ReferenceTable, ...] = ()


@frozen
class LedgerRow:
    """One row of the target's ledger of seeds."""

    seeder: str
    organization: int
    rows: int
    at: str


@frozen
class SeedLedger:
    """What the target's ledger of seeds has; nothing where nothing was ever seeded."""

    rows: tuple[LedgerRow, ...] = ()


@frozen
class ReferenceRows:
    """Where the target's reference rows differ from the seeds: (table, key, `missing`, `extra` or `differs`)."""

    tables: tuple[str, ...]
    differences: tuple[tuple[str, str, str], ...]
