"""Ask one check of a real database, as a gate does."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_dbops.config.access import read_access
from pytest_dbops.config.document import Document
from pytest_dbops.config.lines import LineIndex
from pytest_dbops.config.table import Source
from pytest_dbops.config.tenancy import read_tenancy
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import Check, SettingValue
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.secret import Secret
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """A check, and the environment it is asked in."""

    check: Check
    dialect: str
    kind: str = "testing"
    settings: Mapping[str, SettingValue] | None = None
    clock: datetime = NOW
    config: str = ""


def ask(question: Question, url: str, *, change: Callable[[Catalog], Catalog] | None = None) -> CheckResult:
    """Return what becomes of the check; `change` is done to the catalog it is given."""
    check = replace(question.check, settings={**question.check.settings, **(question.settings or {})})
    rules = RunRules(environment=_environment(question, url), root=Path("/"), today=question.clock.date())
    with _inputs(rules.environment, question, url, change) as inputs:
        return run_check(check, inputs, rules)


def reversed_catalog(catalog: Catalog) -> Catalog:
    """Return the catalog as if everything had been read in the opposite order."""
    turned: Catalog = _reversed(catalog)
    return turned


@contextmanager
def _inputs(
    environment: Environment, question: Question, url: str, change: Callable[[Catalog], Catalog] | None
) -> Iterator[Inputs]:
    source = Source(Document("dbops.toml", tomllib.loads(question.config), (), LineIndex(question.config)))
    inputs = Inputs(
        environment, url=lambda: url, clock=question.clock, pieces=SharedPieces(None),
        tenancy=read_tenancy(source), access=read_access(source),
    )  # fmt: skip
    try:
        if change is not None:
            catalog = inputs.get("catalog")
            assert isinstance(catalog, Catalog)
            inputs._made["catalog"] = change(catalog)
        yield inputs
    finally:
        problem = inputs.close()
        assert not problem


def _environment(question: Question, url: str) -> Environment:
    kind = Kind(question.kind)
    return Environment(
        name="cases",
        kind=kind,
        dialect=question.dialect,
        url=Secret(url),
        url_reference="env:CASES_URL",
        policy=DEFAULT_POLICIES[kind],
    )


_SETS = ("tables", "policies", "views", "sequences", "routines", "types", "extensions", "schemas", "indexes",
         "foreign_keys", "unique_constraints", "check_constraints", "triggers", "rules")  # fmt: skip


def _reversed(thing: Any) -> Any:
    """Reverse every collection that has no order of its own; columns and keys keep theirs."""
    if not is_dataclass(thing) or isinstance(thing, type):
        return thing
    names = [field.name for field in fields(thing) if field.name in _SETS]
    return replace(thing, **{name: tuple(map(_reversed, reversed(getattr(thing, name)))) for name in names})
