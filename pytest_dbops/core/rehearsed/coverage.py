"""How far generated rows reached: which tables, which boundary classes, and what the database refused."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class Refusal:
    """A row the database did not take.

    ``classes`` are what was special about it (``amount: largest number``), none for an ordinary row; ``message``
    is the server's, one line.
    """

    classes: tuple[str, ...]
    message: str


@frozen
class TableCoverage:
    """One table: how many rows it holds now, which boundary classes are among them, and why it has none.

    ``table`` is the name for people; ``rows`` counts what was placed, ``present`` what was there before.
    """

    table: str
    rows: int
    covered: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    reason: str = ""
    present: int = 0
    schema: str = ""
    name: str = ""

    @property
    def is_filled(self) -> bool:
        """Tell whether the table has rows."""
        return self.rows + self.present > 0


@frozen
class Coverage:
    """All tables of a schema, in the order in which they were filled; those left out last."""

    tables: tuple[TableCoverage, ...] = ()

    @property
    def unfilled(self) -> tuple[TableCoverage, ...]:
        """The tables without any row."""
        return tuple(table for table in self.tables if not table.is_filled)

    @property
    def rows(self) -> int:
        """How many rows were placed."""
        return sum(table.rows for table in self.tables)

    @property
    def classes(self) -> int:
        """How many boundary classes are covered, counted by column."""
        return sum(len(table.covered) for table in self.tables)

    @property
    def summary(self) -> str:
        """One line: ``37 of 38 tables filled, 402 rows, 611 boundary classes; 1 row refused``."""
        refused = sum(len(table.refused) for table in self.tables)
        tail = f"; {refused} row{'s' * (refused != 1)} refused" if refused else ""
        filled = len(self.tables) - len(self.unfilled)
        return (
            f"{filled} of {len(self.tables)} tables filled, {self.rows} rows,"
            f" {self.classes} boundary classes{tail}"
        )  # fmt: skip

    def of(self, schema: str, name: str) -> TableCoverage | None:
        """Return one table's, ``None`` where there is none of that name."""
        return next((table for table in self.tables if (table.schema, table.name) == (schema, name)), None)
