"""The effective configuration as text, each value with where it came from, without any secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

from pytest_dbops.config.locks import UNLIMITED
from pytest_dbops.config.model import Config
from pytest_dbops.config.references import Reference
from pytest_dbops.config.table import dotted
from pytest_dbops.core.access.rules import AccessRules, ObjectRights
from pytest_dbops.core.environment import Environment, RequiredVariable
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.locks.budget import Allowance
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ARRAYS = ("waiver", "archive", "key")
_Row = tuple[str, str, object]


@frozen
class EffectiveValue:
    """One key with the value in force, as TOML would write it; `value` is empty when nothing is configured."""

    table: str
    key: str
    value: str
    origin: str


def effective_values(config: Config) -> tuple[EffectiveValue, ...]:
    """Return all values in force, in the order of the file.

    They are those of the file and the defaults: of a secret there is only the reference. Hence no mask either,
    which would tell a short password by the words it spoils.
    """
    return tuple(
        EffectiveValue(table, key, _toml(value), config.origins.get(f"{table}.{dotted((key,))}", ""))
        for table, key, value in _all_values(config)
    )


def render_config(config: Config, *, origin: bool = False) -> str:
    """Return the configuration as a dbops.toml that says the same; with `origin`, where each value came from."""
    chosen = f"# environment when none is named: {config.environment}"
    lines = [f"{chosen}  ({config.origins['environment']})" if origin else chosen]
    table = ""
    for item in effective_values(config):
        if item.table != table:
            table = item.table
            lines += ["", _title(table)]
        value = f"{_key(item.key)} = {item.value}" if item.value else f"# {item.key} is not configured"
        lines.append(f"{value:<60}  # {item.origin}" if origin and item.origin else value)
    return "\n".join(lines) + "\n"


def _title(table: str) -> str:
    array = table.partition(".")[0]
    return f"[[{array}]]" if array in _ARRAYS else f"[{table}]"


def _all_values(config: Config) -> Iterator[_Row]:
    yield from _fields("project", config.project)
    yield from _fields("migrations", config.migrations)
    for environment in config.environments.values():
        yield from _environment(environment)
    yield from _fields("tenancy", config.tenancy, leave_out=("columns", "exempt"))
    yield from (("tenancy.columns", name, value) for name, value in config.tenancy.columns)
    yield from (("tenancy.exempt", name, value) for name, value in config.tenancy.exempt)
    yield from _access(config.access)
    yield from _fields("gate", config.gate)
    for code, settings in config.check_settings.items():
        yield from ((f"checks.{code}", name, value) for name, value in settings.items())
    for number, waiver in enumerate(config.waivers, 1):
        yield from _fields(f"waiver.{number}", waiver)
    for number, key in enumerate(config.keys, 1):
        yield from _fields(f"key.{number}", key)
    yield from _fields("audit", config.audit)
    yield from _fields("scratch", config.scratch, leave_out=("settings",))
    yield from (("scratch.settings", name, value) for name, value in config.scratch.settings)
    yield from _fields("fixtures", config.fixtures)
    yield from _fields("logging", config.logging)
    yield from _fields("maintenance", config.maintenance)
    for number, rule in enumerate(config.archives, 1):
        yield from _fields(f"archive.{number}", rule)


def _environment(environment: Environment) -> Iterator[_Row]:
    table = f"env.{environment.name}"
    yield table, "url", environment.url_reference
    yield table, "kind", environment.kind.value
    yield table, "dialect", environment.dialect
    yield table, "pooler", environment.pooler_reference
    yield from _fields(table, environment.policy, leave_out=("seeding", "locks"))
    yield from _fields(f"{table}.seeding", environment.policy.seeding)
    for name, key, value in _fields(f"{table}.locks", environment.policy.locks):
        yield name, key, UNLIMITED if value is None else value
    yield from _fields(f"{table}.expect", environment.expect)


def _access(access: AccessRules) -> Iterator[_Row]:
    yield from _fields("access", access, leave_out=("roles",))
    for role in access.roles:
        yield from _fields(f"access.roles.{_key(role.name)}", role, leave_out=("name",))


def _fields(table: str, record: DataclassInstance, *, leave_out: Iterable[str] = ()) -> Iterator[_Row]:
    for field in fields(record):
        if field.name not in leave_out:
            yield table, field.name, getattr(record, field.name)


def _toml(value: object) -> str:
    """Return a value as TOML writes it; an empty text for what is not configured."""
    match value:
        case None | "" | () | ObjectRights(pairs=()):
            return ""
        case Severity():
            return json.dumps(value.label)
        case Reference():
            return _quoted(value.written)
        case ObjectRights():
            return f"{{ {', '.join(f'{_key(name)} = {_toml(rights)}' for name, rights in value.pairs)} }}"
        case RequiredVariable():
            return f"{{ name = {json.dumps(value.name)}, min_length = {value.min_length} }}"
        case Allowance():
            return f"{{ rows = {value.rows}, ms = {value.ms} }}"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case date():
            return value.isoformat()
        case frozenset():
            return f"[{', '.join(sorted(_toml(item) for item in value))}]"
        case tuple():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case _:
            return _quoted(str(value))


def _quoted(text: str) -> str:
    # JSON leaves DEL as it is, TOML does not allow it.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _quoted(name)
