"""The account of what a migration's downgrade does not give back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from pytest_dbops.core.codec import to_json
from pytest_dbops.core.frozen import frozen


@frozen
class CellEvidence:
    """One changed cell: its row's key, and what sort of value it was and is. The values are not in it."""

    key: str
    before: str
    after: str


@frozen
class ColumnLoss:
    """One column: how many values of how many are different, and in which way."""

    column: str
    changed: int
    values: int
    kind: str
    evidence: tuple[CellEvidence, ...] = ()


@frozen
class TableLoss:
    """One table: rows it had, rows lost and gained, columns changed; ``evidence`` are keys of lost rows."""

    table: str
    rows: int
    lost: int = 0
    gained: int = 0
    columns: tuple[ColumnLoss, ...] = ()
    reason: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What happened, a line each: ``customer.phone: 9 of 12 values lost (NULL after the downgrade)``."""
        found = []
        if self.lost:
            tail = f" ({self.reason})" if self.reason else ""
            found.append(f"{self.table}: {self.lost} of {self.rows} rows lost{tail}")
        if self.gained:
            found.append(f"{self.table}: {self.gained} rows more than before")
        for loss in self.columns:
            verb = "lost" if loss.kind.startswith(("NULL", "the column is gone")) else "changed"
            found.append(f"{self.table}.{loss.column}: {loss.changed} of {loss.values} values {verb} ({loss.kind})")
        return tuple(found)


@frozen
class LossAccount:
    """Every table that is not as it was; ``hidden`` names tables whose rows could not all be seen."""

    tables: tuple[TableLoss, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether all rows that could be seen are as they were."""
        return not self.tables

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, table by table."""
        return tuple(line for table in self.tables for line in table.lines)

    @property
    def lost_rows(self) -> int:
        """How many rows are gone."""
        return sum(table.lost for table in self.tables)

    @property
    def changed_cells(self) -> int:
        """How many values are different in rows that are still there."""
        return sum(loss.changed for table in self.tables for loss in table.columns)

    @property
    def digest(self) -> str:
        """The SHA-256 of what is lost, as 64 hex digits: by it an account is accepted. Evidence is not in it."""
        bare = [
            replace(table, evidence=(), columns=tuple(replace(loss, evidence=()) for loss in table.columns))
            for table in self.tables
        ]
        text = json.dumps([to_json(table) for table in bare] + [list(self.hidden)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
