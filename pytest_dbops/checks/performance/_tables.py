"""What the server counts of tables, and when autovacuum would come for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_dbops.core.catalog import display_name, quoted_name
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Statistics

Counted = Mapping[str, Any]


@frozen
class TableActivity:
    """One table with what was counted of it; `options` are its own storage parameters by name."""

    display: str
    quoted: str
    row: Counted
    options: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Rows by the last VACUUM or ANALYZE, else as counted since."""
        known = self.row["rows"]
        return int(known if known is not None else self.row["live_rows"])


def table_activity(statistics: Statistics) -> Iterator[TableActivity]:
    """Yield the tables that have something to judge, by name."""
    for row in statistics.rows("table_activity"):
        options = dict(option.split("=", 1) for option in row["options"] or ())
        yield TableActivity(
            display_name(row["schema"], row["name"]), quoted_name(row["schema"], row["name"]), row, options
        )


def vacuum_threshold(table: TableActivity, settings: Mapping[str, str]) -> float:
    """Return how many dead rows make autovacuum come: PostgreSQL manual, "Routine Vacuuming"."""
    threshold = _of(table, settings, "autovacuum_vacuum_threshold") + table.rows * _of(
        table, settings, "autovacuum_vacuum_scale_factor"
    )
    most = _of(table, settings, "autovacuum_vacuum_max_threshold", missing=-1.0)  # since PostgreSQL 18
    return min(threshold, most) if most >= 0 else threshold


def analyze_threshold(table: TableActivity, settings: Mapping[str, str]) -> float:
    """Return how many changed rows make autovacuum analyse a table."""
    base = _of(table, settings, "autovacuum_analyze_threshold")
    return base + table.rows * _of(table, settings, "autovacuum_analyze_scale_factor")


def _of(table: TableActivity, settings: Mapping[str, str], name: str, *, missing: float = 0.0) -> float:
    text = table.options.get(name, settings.get(name))
    return missing if text is None else float(text)
