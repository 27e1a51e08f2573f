"""A check: one question asked of a database, and the decorator that makes one from a function."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

SettingValue = str | int | float | bool | tuple[str, ...]
CheckFunction = Callable[..., Iterable[Finding]]
F = TypeVar("F", bound=CheckFunction)

CATEGORIES: tuple[str, ...] = (
    "connectivity",
    "schema",
    "migrations",
    "integrity",
    "encryption",
    "privacy",
    "performance",
    "storage",
    "backup",
    "checks",
)

INPUTS: Mapping[str, str] = MappingProxyType(
    {
        "catalog": "the schema, read once a run (`Catalog`)",
        "session": "one read-only connection (`Session`)",
        "statistics": "sizes, activity and settings, read once a run (`Statistics`)",
        "environment": "the environment under judgement (`Environment`)",
        "settings": "the check's own thresholds (`Settings`)",
        "clock": "the moment the run began, time zone aware (`datetime`)",
        "history": "what earlier runs kept (`History`)",
        "walk": "the rehearsal of all migrations (`Walk`)",
        "revision": "one revision of that rehearsal (`WalkedRevision`); only with `step`",
        "sizes": "how big the target's tables are, asked for when called (`FindSizes`)",
        "forecasts": "how long pending revisions will take, measured when called (`FindForecasts`)",
        "kept_forecasts": "the same as an earlier run has measured it (`Forecasts`)",
        "on_target": "the rehearsal of what is pending, on the target's own schema (`TargetRehearsal`)",
        "applied_sources": "the applied revisions as they were deployed, held against the code (`AppliedSources`)",
        "unread_revisions": "revision files that the history does not hold (`UnreadRevisions`)",
        "standing": "where the target stands in the history, by its version table (`Standing`)",
        "preview": "the SQL of what the target lacks (`Preview`)",
        "downgrade_rule": "what is asked of downgrades, `[migrations] downgrades` (`DowngradeRule`)",
        "drift_of_models": "how the models differ from what the migrations make (`Drifts`)",
        "drift_of_target": "how the target differs from what its revision makes (`Drifts`)",
        "seeds": "the project's seeds, tried on a scratch database (`SeedRehearsal`)",
        "reference_rows": "where the target's reference data is not what the seeds say (`ReferenceRows`)",
        "seed_ledger": "what was seeded into the target, by its ledger (`SeedLedger`)",
        "tenancy": "how the project tells its tenants apart, `[tenancy]` (`TenancyRules`)",
        "isolation": "what came of trying to reach another tenant's rows on a scratch database (`Isolation`)",
        "access": "the declared matrix of roles and rights, `[access]` (`AccessRules`)",
        "roles": "the server's roles with attributes and memberships, read once a run (`Roles`)",
        "audit": "the audit trail, all but its entries (`AuditState`)",
        "audit_trail": "the audit trail's verification, first entry to last (`Verified`)",
        "audit_rehearsal": "what bulk statements leave on a scratch copy with the trail (`AuditRehearsal`)",
        "proofs": "which words of `require` checks prove because of the configuration (`Proofs`)",
        "keyring": "the keys of encrypted columns (`Keyring`)",
        "key_records": "what is known of those keys without reading them (`KeyRecords`)",
        "key_uses": "how often data keys have sealed, as it is counted beside the data (`KeyUses`)",
        "encrypted_columns": "the encrypted columns, of the models or else as the target says (`EncryptedColumns`)",
        "encryption_marks": "what the target itself says of its encrypted columns, beside the models (`MarkedColumns`)",
        "field_audit": "what became of the fields of one encrypted column (`FieldAudit`); only with `per`",
        "pools": "what the environment's PgBouncer says of itself (`Pools`)",
        "own_folders": "size and age of the folders of logs, reports and `.dbops` (`OwnFolders`)",
        "old_rows": "the rows that `[[archive]]` calls old, counted (`OldRowsFound`)",
        "backups": "the catalogue of backups (`BackupCatalog`)",
        "backup_files": "the files of backups, where they lie (`BackupFiles`)",
        "deploys": "the deploys of the target, by its journal (`Deploys`)",
    }
)
"""The closed set of names a check function may ask for as arguments."""

STATIC_INPUTS = frozenset({"catalog", "settings", "environment", "tenancy", "roles"})
"""What a check asks for that judges the schema alone: a database without a row answers it like a full one."""

OWN_PACKAGE = "dbops_own_checks."
"""What the names of modules begin with in which a project keeps its own checks."""

_path = cache(Path)
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
_NAME = re.compile(r"\w+")


class Cost(StrEnum):
    """What a check reads: catalogs only, a sample of rows, or all rows; a rehearsal of migrations costs as much."""

    CATALOG = "catalog"
    SAMPLE = "sample"
    FULL = "full"


class Per(StrEnum):
    """What a check can be asked once of each."""

    ENCRYPTED_COLUMN = "encrypted column"


class Privilege(StrEnum):
    """The least a role needs for an honest answer."""

    ANY = "any role"
    MONITOR = "pg_monitor"
    SELECT = "SELECT on the tables"
    SUPERUSER = "superuser or an explicit GRANT EXECUTE"
    FILE = "access to files of the host"


class Settings:
    """The thresholds of one check: its defaults, overridden by `[checks.CODE]` in dbops.toml."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, SettingValue]) -> None:
        self._values = dict(values)

    def number(self, name: str) -> float:
        """Return a numeric threshold, in the unit its name ends with."""
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"setting {name!r} is {value!r}; a number is needed")
        return float(value)

    def text(self, name: str) -> str:
        """Return a threshold that is a word or an expression."""
        return str(self._values[name])

    def flag(self, name: str) -> bool:
        """Return a yes-or-no fact."""
        return bool(self._values[name])

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of words; a single word counts as a list of one."""
        value = self._values[name]
        return value if isinstance(value, tuple) else (str(value),)

    def as_dict(self) -> dict[str, SettingValue]:
        """Return a copy of all values by name."""
        return dict(self._values)


@frozen
class Check:
    """One question, with everything the engine, the reports and the reference page say of it.

    code: three letters and three digits, never used again for another question.
    name: the bad state in words; it is the function's name and the last part of the node id.
    backends: products the question exists for; elsewhere the check is skipped.
    kinds: kinds of environment it is asked in; empty means all.
    minimum_version: backend name to lowest server version, as (major, minor).
    settings: default thresholds; `[checks.CODE]` overrides them.
    per: of what each it is asked once; None: it is asked once at all, or by `step`.
    step: what it judges of a revision's rehearsal; then it is asked once a revision, is given that `revision`, and
        its result has the time of that step, and the file and line of the revision. None: it is asked once.
    statement: the text of a check that is written as one SELECT, its lines as in the file; else empty.
    is_static: whether a migrated database without a row answers it; then it is asked of test databases too.
    """

    code: Code
    name: str
    category: str
    severity: Severity
    function: CheckFunction
    title: str
    inputs: tuple[str, ...]
    backends: tuple[str, ...]
    kinds: tuple[str, ...]
    cost: Cost
    privilege: Privilege
    minimum_version: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    settings: Mapping[str, SettingValue] = field(default_factory=dict)
    file: Path | None = None
    line: int = 1
    is_own: bool = False
    step: StepName | None = None
    statement: str = ""
    per: Per | None = None
    is_static: bool = False

    @property
    def description(self) -> str:
        """The whole docstring, as published: what is wrong, what it causes, how to mend it."""
        # Not a field: a gate of thousands of checks is collected without reading one of them.
        return inspect.cleandoc(self.function.__doc__ or "")


def check(
    code: str,
    *,
    severity: Severity,
    category: str = "checks",
    backends: Sequence[str] = ("postgresql", "sqlite"),
    kinds: Sequence[str] = (),
    cost: Cost = Cost.CATALOG,
    privilege: Privilege = Privilege.ANY,
    minimum_version: Mapping[str, tuple[int, int]] | None = None,
    settings: Mapping[str, SettingValue] | None = None,
    step: StepName | None = None,
    per: Per | None = None,
    is_static: bool | None = None,
) -> Callable[[F], F]:
    """Make a function a check; its parameters name what it is given (see `INPUTS`).

    The function yields `Finding`s, none when all is well, and raises `CannotJudge` (or one of its kinds)
    when there is no honest answer. The first line of its docstring is the title; the whole docstring is
    published: what is wrong, what it causes, how to fix it.
    step: makes it one item a revision of the project's migrations, judged by this step of the rehearsal.
    per: makes it one item an encrypted column of the project's models, whose `field_audit` it is given.
    is_static: whether a migrated database without a row answers it; None: if it reads no rows, and asks for
        nothing but `STATIC_INPUTS`.
    Raises ConfigError for a malformed code or name, an unknown category or an unknown parameter.
    """

    def register(function: F) -> F:
        inputs = _valid_inputs(function, code, step, per)
        made = Check(
            code=_valid_code(code),
            category=_valid_category(category, code),
            severity=severity,
            function=function,
            title=_title_of(function),
            inputs=inputs,
            name=_valid_name(function.__name__, code),
            backends=tuple(backends),
            kinds=tuple(kinds),
            cost=cost,
            privilege=privilege,
            minimum_version=dict(minimum_version or {}),
            settings=dict(settings or {}),
            file=_path(function.__code__.co_filename),
            line=function.__code__.co_firstlineno,
            is_own=function.__module__.startswith(OWN_PACKAGE),
            step=step,
            per=per,
            is_static=_judges_schema_alone(inputs, cost) if is_static is None else is_static,
        )
        function.__dict__[_ATTRIBUTE] = made
        return function

    return register


_ATTRIBUTE = "__dbops_check__"


def check_of(function: object) -> Check | None:
    """Return the check a decorated function carries, or None for anything else."""
    made = getattr(function, _ATTRIBUTE, None)
    return made if isinstance(made, Check) else None


def _valid_code(code: str) -> Code:
    if not _CODE.fullmatch(code):
        raise ConfigError(f"check code {code!r} is malformed; write three capitals and three digits, as in 'SCH003'")
    return Code(code)


def _valid_name(name: str, code: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"check {code}: name {name!r} cannot stand in a node id; write letters, digits and _")
    return name


def _valid_category(category: str, code: str) -> str:
    if category not in CATEGORIES:
        raise ConfigError(f"check {code}: category {category!r} is unknown (one of {', '.join(CATEGORIES)})")
    return category


def _valid_inputs(
    function: CheckFunction, code: str, step: StepName | None, per: Per | None
) -> tuple[str, ...]:  # fmt: skip
    names = _parameters_of(function)
    for name in names:
        if name not in INPUTS:
            raise ConfigError(f"check {code}: parameter {name!r} is unknown (one of {', '.join(INPUTS)})")
    if (step is not None) != ("revision" in names):
        raise ConfigError(f"check {code}: the parameter 'revision' and the decorator's `step` go together")
    if (per is Per.ENCRYPTED_COLUMN) != ("field_audit" in names):
        raise ConfigError(f"check {code}: the parameter 'field_audit' and the decorator's `per` go together")
    return names


def _judges_schema_alone(inputs: tuple[str, ...], cost: Cost) -> bool:
    return cost is Cost.CATALOG and "catalog" in inputs and STATIC_INPUTS.issuperset(inputs)


def _parameters_of(function: CheckFunction) -> tuple[str, ...]:
    """Return the names of all parameters; a hundredth of what inspect.signature costs, where that is not needed."""
    if hasattr(function, "__wrapped__"):
        return tuple(inspect.signature(function).parameters)
    code = function.__code__
    starred = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + starred]


def _title_of(function: CheckFunction) -> str:
    first_line = (function.__doc__ or "").lstrip().partition("\n")[0].rstrip()
    return first_line.rstrip(".") or function.__name__.replace("_", " ")
