"""Find a project's seeders, order them by what they need, and run each in a transaction of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from importlib.util import module_from_spec, spec_from_file_location
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.raised import import_line
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
        """Insert `rows` into `table` through its model's column types; returns how many.

        Rows may name different columns: what a row leaves out gets its default.
        """
        if table not in self.metadata.tables:
            raise ConfigError(
                f"table {table!r} is not in the project's metadata{_nearest(table, self.metadata.tables)}"
            )
        columns = self.metadata.tables[table].columns.keys()
        # A statement for many rows takes its columns from the first, and drops without a word what it does not know.
        for names, alike in groupby(rows, key=frozenset):
            for unknown in sorted(names.difference(columns)):
                raise ConfigError(f"table {table!r} has no column {unknown!r}{_nearest(unknown, columns)}")
            self.connection.execute(self.metadata.tables[table].insert(), [dict(row) for row in alike])
        return len(rows)


def load_seeders(place: Path) -> tuple[Seeder, ...]:
    """Return the seeders in a folder or a file, those that others need first.

    Raises ConfigError for a file that does not import, a name used twice, an unknown need or a circle.
    """
    if not place.exists():
        raise ConfigError(f"seeders {str(place)!r} do not exist ([project] seeders in dbops.toml)")
    found: dict[str, tuple[Seeder, Path]] = {}
    for file in sorted(place.glob("*.py")) if place.is_dir() else [place]:
        for seeder in _seeders_in(file):
            known, where = found.setdefault(seeder.name, (seeder, file))
            if not _is_same(known, seeder):
                raise ConfigError(f"seeder {seeder.name!r} exists twice, in {where.name} and {file.name}")
    return _in_order({name: seeder for name, (seeder, _) in found.items()})


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
        except DbopsError as err:
            raise type(err)(f"seeder {seeder.name!r}: {err}") from err
        except (Exception, SystemExit) as err:  # a seeder is the project's code and may raise anything
            original = getattr(err, "orig", None) or err
            said = " ".join(str(original).split()) or "no word"
            raise CannotJudge(f"seeder {seeder.name!r} fails: {type(original).__name__}: {said}") from err


def _seeders_in(file: Path) -> list[Seeder]:
    module = _imported(file)
    return [value for value in vars(module).values() if isinstance(value, Seeder)]


def _imported(file: Path) -> ModuleType:
    """Import a file once, under its package's name where it is in one, so that seeders may import each other."""
    package = file.parent.name if (file.parent / "__init__.py").exists() else "dbops_seeders"
    name = package if file.stem == "__init__" else f"{package}.{file.stem}"
    known = sys.modules.get(name)
    if known is not None and _is_of(known, file):
        return known
    if known is not None:
        name = f"dbops_seeders.{name}"  # a library is called like the project's folder
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{file} is no Python file with seeders")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # a project's file may raise anything at import
        del sys.modules[name]
        raise ConfigError(f"{file} does not import: {import_line(err)}") from err
    return module


def _nearest(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _is_of(module: ModuleType, file: Path) -> bool:
    origin = getattr(module, "__file__", None)
    return isinstance(origin, str) and Path(origin).resolve() == file.resolve()


def _is_same(one: Seeder, other: Seeder) -> bool:
    """Whether two are one seeder, seen in the file that has it and in one that imports it, under whatever name."""
    if one is other:
        return True
    here, there = (getattr(each.fill, "__code__", None) for each in (one, other))
    return here is not None and here == there and here.co_filename == there.co_filename


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
