"""All checks of a gate: shipped, added by other packages, and the project's own, each code once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from pytest_dbops.checks import ENTRY_POINT_GROUP
from pytest_dbops.checks.index import FOLDER, indexed_checks
from pytest_dbops.checks.own import load_own_checks
from pytest_dbops.core.check import CATEGORIES, Check, check_of
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.raised import import_line


@cache
def builtin_checks() -> tuple[Check, ...]:
    """Return every shipped check, by category and code, as the index tells of them or, where it cannot, they do."""
    return indexed_checks() or imported_checks()


def imported_checks() -> tuple[Check, ...]:
    """Import every shipped check, and return them by category and code; a file in a category's folder is a check."""
    found = [
        _check_in(f"{__package__}.{folder.name}.{file.stem}", file.stem)
        for folder in sorted(FOLDER.iterdir())
        if folder.name in CATEGORIES
        for file in sorted(folder.glob("*.py"))
        if not file.stem.startswith("_")
    ]
    return in_gate_order(found)


def installed_checks() -> tuple[Check, ...]:
    """Return the checks that installed packages add by the entry point group `pytest_dbops.checks`.

    An entry point names a module or a function decorated with `@check`; of a module, every decorated
    function counts. Raises ConfigError that names the entry point which does not load.
    """
    found: list[Check] = []
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
        try:
            loaded = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as err:  # whatever a foreign module raises at import, the user gets one line
            raise ConfigError(
                f"entry point {point.name!r} of group {ENTRY_POINT_GROUP!r} does not load: {import_line(err)}"
            ) from err
        found += checks_in(loaded)
    return tuple(found)


def checks_in(holder: object) -> list[Check]:
    """Return the checks that `holder` carries: a decorated function, a Check, a module, or a list of those."""
    if isinstance(holder, Check):
        return [holder]
    if (made := check_of(holder)) is not None:
        return [made]
    if isinstance(holder, list | tuple):
        return [check for part in holder for check in checks_in(part)]
    return [made for value in vars(holder).values() if (made := check_of(value)) is not None]


def collect_checks(own: Sequence[Path], *, root: Path, added: Iterable[Check] = ()) -> tuple[Check, ...]:
    """Return all checks of a project's gate in their order.

    own: files or folders of the project's checks; added: checks that a pytest hook contributed.
    Raises ConfigError for a file that does not load and for a code or a node id that is used twice.
    """
    checks = [*builtin_checks(), *installed_checks(), *added, *load_own_checks(own, root=root)]
    _refuse_duplicates(checks)
    return in_gate_order(checks)


def in_gate_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return checks sorted by category, in the order of a gate, then by code."""
    return tuple(sorted(checks, key=lambda c: (CATEGORIES.index(c.category), c.code)))


def _check_in(module_name: str, name: str) -> Check:
    made = check_of(getattr(import_module(module_name), name, None))
    if made is None:
        raise ConfigError(f"module {module_name} holds no check called {name!r}")
    return made


def _refuse_duplicates(checks: Iterable[Check]) -> None:
    by_code: dict[str, Check] = {}
    by_id: dict[str, Check] = {}
    for check in checks:
        _refuse_second(by_code, check.code, check, what="check code")
        _refuse_second(by_id, f"{check.category}::{check.name}", check, what="check name")


def _refuse_second(seen: dict[str, Check], key: str, check: Check, *, what: str) -> None:
    first = seen.setdefault(key, check)
    if first is not check:
        raise ConfigError(f"{what} {key!r} is used twice: in {first.file} and in {check.file} (rename one)")
