"""Find a project's seeders, order them by what they need, and run each in a transaction of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.seeder import Seeder

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData

AS_OF = date(2026, 1, 15)
"""The day seeded dates count from; fixed, so that a database built next year holds the same rows."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a seeder is given (`core.seeder.SeedContext`)."""

    connection: Connection
    metadata: MetaData
    dialect: str
    seed: int
    as_of: date

    def insert(self, table: str, rows: Sequence[Mapping[str, object]]) -> int:
        """Insert `rows` into `table` through its model's column types; returns how many."""
        if table not in self.metadata.tables:
            raise ConfigError(f"table {table!r} is not in the project's metadata")
        if rows:
            self.connection.execute(self.metadata.tables[table].insert(), [dict(row) for row in rows])
        return len(rows)


def load_seeders(folder: Path) -> tuple[Seeder, ...]:
    """Return the seeders in `folder`, those that others need first.

    Raises ConfigError for a file that does not import, a name used twice, an unknown need or a circle.
    """
    if not folder.is_dir():
        raise ConfigError(f"seeders {str(folder)!r} do not exist ([project] seeders in dbops.toml)")
    found: dict[str, Seeder] = {}
    for file in sorted(folder.glob("*.py")):
        for seeder in _seeders_in(file):
            if found.setdefault(seeder.name, seeder) is not seeder:
                raise ConfigError(f"{file}: seeder {seeder.name!r} exists already")
    return _in_order(found)


def run_seeders(
    engine: Engine,
    metadata: MetaData,
    seeders: Sequence[Seeder],
    *,
    progress: Callable[[str], None],
    seed: int = 1,
    as_of: date = AS_OF,
) -> None:
    """Run seeders in order, each in one transaction; raises CannotJudge that names the one which fails."""
    for number, seeder in enumerate(seeders, start=1):
        progress(f"seeding {number}/{len(seeders)}: {seeder.name}")
        try:
            with engine.begin() as connection:
                seeder.fill(Context(connection, metadata, engine.dialect.name, seed, as_of))
        except DbopsError:
            raise
        except Exception as err:  # a seeder is the project's code and may raise anything
            original = getattr(err, "orig", None) or err
            raise CannotJudge(f"seeder {seeder.name!r}: {type(original).__name__}: {original}") from err


def _seeders_in(file: Path) -> list[Seeder]:
    package = file.parent.name if (file.parent / "__init__.py").exists() else "dbops_seeders"
    name = package if file.stem == "__init__" else f"{package}.{file.stem}"
    module = sys.modules.get(name)
    if module is None:
        spec = spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as err:  # a project's file may raise anything at import
            raise ConfigError(f"{file} does not import: {type(err).__name__}: {err}") from err
    made = [value for value in vars(module).values() if isinstance(value, Seeder)]
    return [seeder for seeder in made if seeder.fill.__module__ == name]


def _in_order(found: Mapping[str, Seeder]) -> tuple[Seeder, ...]:
    for seeder in found.values():
        for need in seeder.depends_on:
            if need not in found:
                raise ConfigError(f"seeder {seeder.name!r} needs {need!r}, which does not exist")
    try:
        names = TopologicalSorter({name: seeder.depends_on for name, seeder in found.items()}).static_order()
        return tuple(found[name] for name in names)
    except CycleError as err:
        raise ConfigError(f"seeders need each other in a circle: {' -> '.join(err.args[1])}") from err
