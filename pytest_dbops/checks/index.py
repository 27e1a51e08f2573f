"""The index of the shipped checks: what their decorators say of them, known without importing a module (decision 31).

A gate is collected, listed and tuned by that alone; a check's module is imported when it is asked. `index.json` is made
by `python docs/generate.py` from the modules themselves, and counts only while the digest in it is that of the modules
as they are: of an older index nothing is believed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

from pytest_dbops.core import check as decorator
from pytest_dbops.core.check import Check, CheckFunction, Cost, Per, Privilege
from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

FOLDER = Path(__file__).parent
INDEX = FOLDER / "index.json"


class PostponedFunction:
    """A shipped check's function, imported when it is first called, or asked for what it says of itself."""

    __slots__ = ("_function", "_home", "_name")

    def __init__(self, home: str, name: str) -> None:
        self._home, self._name = home, name
        self._function: CheckFunction | None = None

    def __call__(self, **arguments: object) -> Iterable[Finding]:
        """Ask the check."""
        return self.imported()(**arguments)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # the function's own, as of any wrapper
        return self.imported().__doc__

    def imported(self) -> CheckFunction:
        """Return the function itself."""
        if self._function is None:
            self._function = getattr(import_module(self._home), self._name)
        return self._function


def indexed_checks(index: Path = INDEX) -> tuple[Check, ...] | None:
    """Return the shipped checks in the order of the gate; None if there is no index, or one of other modules."""
    try:
        told = json.loads(index.read_bytes())
        if told["digest"] != digest_of_modules():
            return None
        return tuple(map(_check, told["checks"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def render_index(checks: Iterable[Check]) -> str:
    """Return the index of these checks as JSON, one line a check."""
    lines = ",\n".join(json.dumps(_record(check)) for check in checks)
    return f'{{"digest": "{digest_of_modules()}", "checks": [\n{lines}\n]}}\n'


def digest_of_modules() -> str:
    """Return a digest of the modules a record can be made from: all below this folder, and the decorator's."""
    # Against forgetting and not against malice: who may write here may write checks. A fiftieth of importing them.
    digest = 0
    for file in (*sorted(_modules_below(str(FOLDER))), str(decorator.__file__)):
        with open(file, "rb") as module:  # noqa: PTH123  # 200 times, at a third of what a Path costs
            digest = crc32(module.read(), crc32(os.path.basename(file).encode(), digest))  # noqa: PTH119  # as above
    return f"{digest:08x}"


def _modules_below(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _modules_below(entry.path)


def _record(check: Check) -> dict[str, Any]:
    """Return what the index keeps of a check: all that is not at its default, and not told by where it stands."""
    record: dict[str, Any] = {
        "code": check.code,
        "name": check.name,
        "category": check.category,
        "severity": check.severity.label,
        "title": check.title,
        "inputs": check.inputs,
        "backends": check.backends,
        "kinds": check.kinds,
        "cost": check.cost.value,
        "privilege": check.privilege.value,
        "line": check.line,
    }
    more = {
        "minimum_version": check.minimum_version,
        "settings": check.settings,
        "step": check.step and check.step.value,
        "per": check.per and check.per.value,
        "is_static": check.is_static,
    }
    return record | {name: value for name, value in more.items() if value}


def _check(record: Mapping[str, Any]) -> Check:
    category, name = record["category"], record["name"]
    return Check(
        code=Code(record["code"]),
        name=name,
        category=category,
        severity=Severity.parse(record["severity"]),
        function=PostponedFunction(f"{__package__}.{category}.{name}", name),
        title=record["title"],
        inputs=tuple(record["inputs"]),
        backends=tuple(record["backends"]),
        kinds=tuple(record["kinds"]),
        cost=Cost(record["cost"]),
        privilege=Privilege(record["privilege"]),
        minimum_version={key: tuple(value) for key, value in record.get("minimum_version", {}).items()},
        settings={key: _setting(value) for key, value in record.get("settings", {}).items()},
        file=FOLDER / category / f"{name}.py",
        line=record["line"],
        step=StepName(record["step"]) if "step" in record else None,
        per=Per(record["per"]) if "per" in record else None,
        is_static=record.get("is_static", False),
    )


def _setting(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
