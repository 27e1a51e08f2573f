"""Load the checks a project keeps itself: decorated functions in *.py, one SELECT in *.sql."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pytest_dbops.checks.sql_file import parse_sql_check
from pytest_dbops.core.check import OWN_PACKAGE, Check, check_of
from pytest_dbops.core.errors import ConfigError, DbopsError
from pytest_dbops.core.raised import raised_line


def load_own_checks(paths: Sequence[Path], *, root: Path) -> tuple[Check, ...]:
    """Return the checks found in `paths` (files, or folders searched at their top level).

    Files whose names begin with `_` and `conftest.py` are left out.
    Raises ConfigError, one line with file and line, for a file that does not load.
    """
    found: list[Check] = []
    for file in own_check_files(paths, root=root):
        found += _load_python(file) if file.suffix == ".py" else [parse_sql_check(file)]
    return tuple(found)


def own_check_files(paths: Sequence[Path], *, root: Path) -> Iterator[Path]:
    """Yield the files in `paths` that hold checks, in their order; raises ConfigError for a place that is not there."""
    for path in paths:
        place = path if path.is_absolute() else root / path
        if place.is_file():
            yield place
        elif place.is_dir():
            yield from sorted(f for f in place.iterdir() if f.suffix in (".py", ".sql") and _is_a_check_file(f))
        else:
            raise ConfigError(f"checks: {place} does not exist ([project] checks in dbops.toml)")


def _is_a_check_file(file: Path) -> bool:
    if not _is_text(file.name):
        raise ConfigError(f"checks: the name of {str(file)!r} is not UTF-8 (rename the file)")
    return file.is_file() and not file.name.startswith("_") and file.name != "conftest.py"


def _is_text(name: str) -> bool:
    """Whether a file's name can be written down; one that is no UTF-8 holds lone surrogates (PEP 383)."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _load_python(file: Path) -> list[Check]:
    module = _import(file)
    own = [made for value in vars(module).values() if (made := check_of(value)) is not None]
    return [made for made in own if made.function.__module__ == module.__name__]


def _import(file: Path) -> ModuleType:
    name = f"{OWN_PACKAGE}{file.stem}"
    spec = spec_from_file_location(name, file)
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


def _line_of(err: BaseException, file: Path) -> int:
    """Return the last line of `file` that the error passed through."""
    line, trace = 1, err.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
