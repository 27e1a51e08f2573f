"""Load the checks a project keeps itself: decorated functions in *.py, one SELECT in *.sql."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pytest_dbops.checks.sql_file import parse_sql_check
from pytest_dbops.core.check import OWN_PACKAGE, Check, check_of
from pytest_dbops.core.errors import ConfigError, DbopsError
from pytest_dbops.core.raised import raised_line

_SUFFIXES = (".py", ".sql")


def load_own_checks(paths: Sequence[Path], *, root: Path) -> tuple[Check, ...]:
    """Return the checks found in `paths`: files, and folders searched with all that is in them.

    Raises ConfigError, one line with file and line, for a file that does not load, and for a path that holds no
    check: whoever names it believes that something is asked.
    """
    found: list[Check] = []
    for path in paths:
        loaded = [check for file in own_check_files([path], root=root) for check in load_check_file(file, root=root)]
        if not loaded:
            what = "folder" if (root / path).is_dir() else "file"
            raise ConfigError(
                f"checks: {what} {_shown(path, root)!r} holds no check (add one, or take it out of [project] checks)"
            )
        found += loaded
    return tuple(found)


def own_check_files(paths: Sequence[Path], *, root: Path) -> Iterator[Path]:
    """Yield the files in `paths` that may hold checks, in their order; those that are named, whatever their name.

    Left out of folders: what begins with `_` or `.`, and `conftest.py`. Raises ConfigError for a place that is not
    there, and for a named file that is neither Python nor SQL.
    """
    for path in paths:
        place = root / path
        if place.is_dir():
            yield from _files_below(place, frozenset())
        elif not place.is_file():
            raise ConfigError(f"checks: {place} does not exist ([project] checks in dbops.toml)")
        elif place.suffix.lower() not in _SUFFIXES:
            raise ConfigError(f"checks: file {_shown(path, root)!r} is neither .sql nor .py")
        else:
            yield place


def load_check_file(file: Path, *, root: Path) -> list[Check]:
    """Return the checks of one file, none for Python without a decorated function; raises ConfigError."""
    return _load_python(file, root) if file.suffix.lower() == ".py" else [parse_sql_check(file)]


def files_without_check(paths: Sequence[Path], checks: Iterable[Check], *, root: Path) -> tuple[str, ...]:
    """Return one line for each Python file in `paths` that none of the loaded `checks` comes from."""
    modules = {check.function.__module__ for check in checks if check.is_own}
    return tuple(
        f"{_shown(file, root)} holds no check: no function in it is decorated with @check"
        " (begin its name with _ if it is no check)"
        for file in own_check_files(paths, root=root)
        if file.suffix.lower() == ".py" and _module_name(file, root) not in modules
    )


def _files_below(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Yield files of a folder and of those in it; a link that leads back up is not followed twice."""
    inside = above | {folder.resolve()}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir():
            if entry.resolve() not in inside:
                yield from _files_below(entry, inside)
        elif entry.suffix.lower() in _SUFFIXES and entry.name != "conftest.py" and entry.is_file():
            if not _is_text(entry.name):
                raise ConfigError(f"checks: the name of {str(entry)!r} is not UTF-8 (rename the file)")
            yield entry


def _is_text(name: str) -> bool:
    """Whether a file's name can be written down; one that is no UTF-8 holds lone surrogates (PEP 383)."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _load_python(file: Path, root: Path) -> list[Check]:
    module = _import(file, root)
    own = [made for value in vars(module).values() if (made := check_of(value)) is not None]
    return [made for made in own if made.function.__module__ == module.__name__]


def _import(file: Path, root: Path) -> ModuleType:
    name = _module_name(file, root)
    spec = spec_from_file_location(name, file, loader=SourceFileLoader(name, str(file)))
    if spec is None or spec.loader is None:
        raise ConfigError(f"{file} cannot be imported as a Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as err:
        raise ConfigError(f"{file}:{err.lineno}: {err.msg}") from err
    except DbopsError as err:
        raise ConfigError(f"{file}: {err}") from err
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # a project's file may raise anything, also an exit; the user gets one line
        raise ConfigError(f"{file}:{_line_of(err, file)}: {raised_line(err)}") from err
    return module


def _module_name(file: Path, root: Path) -> str:
    """Return a name made of the whole path, so that files of one name in two folders are two modules."""
    return OWN_PACKAGE + ".".join(Path(_shown(file, root)).with_suffix("").parts)


def _line_of(err: BaseException, file: Path) -> int:
    """Return the last line of `file` that the error passed through."""
    line, trace = 1, err.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
