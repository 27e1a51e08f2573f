"""The gate as pytest nodes: the anchor file, a module for each category, an item for each check.

The only file that touches names pytest keeps to itself: `_getobj` and `_fixtureinfo`, both unchanged for years.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.plugin.outcomes import CheckFailed, CheckInconclusive, raise_for

if TYPE_CHECKING:
    from _pytest.fixtures import FuncFixtureInfo

    from pytest_dbops.operations.gate import Gate
    from pytest_dbops.operations.runner import Case

RESULT = pytest.StashKey[CheckResult]()


class AnchorFile(pytest.File):
    """The configuration's file as the root of all gate items; ids begin with its name."""

    gate: Gate

    @classmethod
    def of_gate(cls, parent: pytest.Collector, path: Path, gate: Gate) -> AnchorFile:
        """Return the node of the anchor at `path`."""
        node: AnchorFile = cls.from_parent(parent, path=path)
        node.gate = gate
        return node

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield a module for each category that has a check, in the order of the gate."""
        for category, checks in groupby(self.gate.checks, key=lambda check: check.category):
            yield CategoryModule.of_checks(self, category, tuple(checks))


class CategoryModule(pytest.Module):
    """One category of checks; `dbops.toml::schema` selects it."""

    checks: tuple[Check, ...]
    gate: Gate
    marker: pytest.MarkDecorator
    places: dict[str, str]

    @classmethod
    def of_checks(cls, parent: AnchorFile, category: str, checks: tuple[Check, ...]) -> CategoryModule:
        """Return the node of a category under the anchor."""
        node: CategoryModule = cls.from_parent(
            parent, name=category, path=parent.path, nodeid=f"{parent.nodeid}::{category}"
        )
        node.checks, node.gate, node.marker, node.places = checks, parent.gate, pytest.mark.dbops, {}
        return node

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each check, or for each revision it is asked for."""
        fixtures: FuncFixtureInfo | None = None
        for check in self.checks:
            for case in self.gate.cases(check):
                item = CheckItem.of_check(self, check, case, fixtures)
                fixtures = item._fixtureinfo
                yield item

    def _getobj(self) -> ModuleType:
        # The anchor is no Python file: pytest must not import it.
        return ModuleType(f"dbops_{self.name}")


class CheckItem(pytest.Function):
    """One check as a test item; no fixture of the user wraps it."""

    check: Check
    case: Case | None
    gate: Gate
    places: dict[str, str]
    """The paths of revisions relative to pytest's root, by file; of all items of a module."""

    @classmethod
    def of_check(
        cls, parent: CategoryModule, check: Check, case: Case | None, fixtures: FuncFixtureInfo | None
    ) -> CheckItem:
        """Return the item of a check, marked with its code, category and severity.

        case: the revision it is asked for, which its name ends with; None for a check that is asked once.
        fixtures: those of an item before it, as pytest itself shares them between the cases of one function.
        """
        name = f"{check.name}[{case.name}]" if case else check.name
        item: CheckItem = cls.from_parent(parent, name=name, callobj=_no_arguments, fixtureinfo=fixtures)
        item.check, item.case, item.gate, item.places = check, case, parent.gate, parent.places
        if fixtures is None:
            # Autouse fixtures and the ini `usefixtures` are the user's tests' business, not the gate's.
            item._fixtureinfo.names_closure.clear()
        item.add_marker(parent.marker(code=check.code, category=check.category, severity=check.severity.label))
        return item

    def runtest(self) -> None:
        """Ask the check; fails, skips, or ends as expected failure by raising what pytest knows."""
        result = self.gate.run(self.check, self.case)
        self.stash[RESULT] = result
        raise_for(result, is_tolerated=self.check.code in self.gate.config.gate.may_skip)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Point to the revision, or to the check's source: for a project's own check that is where to look."""
        name = f"{self.check.category}::{self.name}"
        if self.case is not None:
            return self.gate.config.path(self.case.file), self.case.line - 1, name
        return self.check.file or self.path, self.check.line - 1, name

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """Where it is reported, as `reportinfo` says; a revision's path is made once for all that is asked."""
        if self.case is None:
            return super().location
        places, file = self.places, self.case.file
        if file not in places:
            places[file] = super().location[0]
        return places[file], self.case.line - 1, f"{self.check.category}::{self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any, **__: Any) -> str:
        """Show findings, not frames."""
        if isinstance(excinfo.value, CheckFailed | CheckInconclusive):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


def _no_arguments() -> None:
    """Stand for a check's function where pytest looks for arguments to fill."""
