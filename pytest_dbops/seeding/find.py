"""Find a project's seeders, and order them by what they need."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.raised import import_line
from pytest_dbops.core.seeder import Seeder


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
