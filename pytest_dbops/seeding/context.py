"""What a seeder is given: a transaction, facts that make rows reproducible, and ways to write rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.draws import Draws
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.seed_request import MINIMAL, Scale
from pytest_dbops.core.seeded import MOST_KEYS, Key
from pytest_dbops.seeding.writing.block import Block, block_of_columns, block_of_rows, nearest, refuse_unknown
from pytest_dbops.seeding.writing.write import Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table


@dataclass(frozen=True, slots=True)
class Context:
    """What a seeder is given (`core.seeder.SeedContext`)."""

    connection: Connection
    metadata: MetaData
    dialect: str
    seed: int
    as_of: date
    writer: Writer
    folder: Path = Path()
    scale: Scale = MINIMAL
    organization: int = 0
    created: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    noted: dict[str, list[Key]] = field(default_factory=dict)

    def draws(self, table: str, block: int = 0) -> Draws:
        """Return the random values of one block of rows of a table."""
        return Draws(self.seed, self.organization, table, block)

    def pool(self, provider: str, locale: str = "en_US", size: int = 512) -> Sequence[str]:
        """Return `size` values of a Faker provider, the same in every run and for every seed."""
        from pytest_dbops.seeding.pools import pool

        return pool(self.folder, provider, locale, size)

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> int:
        """Insert `rows` into `table` through its model's column types; returns how many.

        Rows may name different columns: what a row leaves out gets its default.
        """
        known = self._table(table)
        for names, alike in groupby(rows, key=frozenset):
            refuse_unknown(known, names)
            ordered = [column.key for column in known.columns if column.key in names]
            self._write(block_of_rows(known, list(alike), ordered))
        return len(rows)

    def load(self, table: str, columns: Mapping[str, object]) -> int:
        """Insert one block of rows given by column; returns how many."""
        block = block_of_columns(self._table(table), columns)
        self._write(block)
        return block.count

    def delete(self, table: str, **equal: object) -> int:
        """Delete the rows of `table` whose columns equal the given values; returns how many."""
        known = self._table(table)
        refuse_unknown(known, equal)
        done = self.connection.execute(
            known.delete().where(*(known.columns[name] == value for name, value in equal.items()))
        )
        self.removed[table] = self.removed.get(table, 0) + int(done.rowcount)
        return int(done.rowcount)

    def note(self, kind: str, keys: Iterable[Key]) -> None:
        """Tell which keys were made; the first `MOST_KEYS` of a kind are kept."""
        known = self.noted.setdefault(kind, [])
        for key in keys:
            if len(known) >= MOST_KEYS:
                break
            known.append(key)

    def _write(self, block: Block) -> None:
        self.writer.write(self.connection, block)
        self.created[block.table.name] = self.created.get(block.table.name, 0) + block.count

    def _table(self, name: str) -> Table:
        if name not in self.metadata.tables:
            raise ConfigError(f"table {name!r} is not in the project's metadata{nearest(name, self.metadata.tables)}")
        return self.metadata.tables[name]
