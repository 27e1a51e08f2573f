"""The effective configuration as text, each value with where it came from, without any secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

from pytest_dbops.config.model import Config
from pytest_dbops.config.references import Reference
from pytest_dbops.core.environment import Environment, RequiredVariable
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Row = tuple[str, str, object]


@dataclass(frozen=True, slots=True)
class EffectiveValue:
    """One key with the value in force, as TOML would write it; `value` is empty when nothing is configured."""

    table: str
    key: str
    value: str
    origin: str


def effective_values(config: Config) -> tuple[EffectiveValue, ...]:
    """Return all values in force, in the order of the file; secrets are masked."""
    mask = config.mask
    return tuple(
        EffectiveValue(table, key, mask(_toml(value)), mask(config.origins.get(f"{table}.{key}".lstrip("."), "")))
        for table, key, value in _all_values(config)
    )


def render_config(config: Config, *, origin: bool = False) -> str:
    """Return the configuration in the form of dbops.toml; with `origin`, each value tells where it came from."""
    lines: list[str] = []
    table = ""
    for item in effective_values(config):
        if item.table != table:
            table = item.table
            lines += ["", f"[{table}]"]
        value = f"{item.key} = {item.value}" if item.value else f"# {item.key} is not configured"
        lines.append(f"{value:<60}  # {item.origin}" if origin and item.origin else value)
    return "\n".join(lines) + "\n"


def _all_values(config: Config) -> Iterator[_Row]:
    yield "", "environment", config.environment
    yield from _fields("project", config.project)
    for environment in config.environments.values():
        yield from _environment(environment)
    yield from _fields("gate", config.gate)
    for code, settings in config.check_settings.items():
        yield from ((f"checks.{code}", name, value) for name, value in settings.items())
    for number, waiver in enumerate(config.waivers, 1):
        yield from _fields(f"waiver.{number}", waiver)
    yield from _fields("scratch", config.scratch, leave_out=("settings",))
    yield from (("scratch.settings", name, value) for name, value in config.scratch.settings)
    yield from _fields("logging", config.logging)


def _environment(environment: Environment) -> Iterator[_Row]:
    table = f"env.{environment.name}"
    yield table, "url", environment.url_reference
    yield table, "kind", environment.kind.value
    yield table, "dialect", environment.dialect
    yield from _fields(table, environment.policy, leave_out=("seeding",))
    yield from _fields(f"{table}.seeding", environment.policy.seeding)
    yield from _fields(f"{table}.expect", environment.expect)


def _fields(table: str, record: DataclassInstance, *, leave_out: Iterable[str] = ()) -> Iterator[_Row]:
    for field in fields(record):
        if field.name not in leave_out:
            yield table, field.name, getattr(record, field.name)


def _toml(value: object) -> str:
    """Return a value as TOML writes it; an empty text for what is not configured."""
    match value:
        case None | "" | ():
            return ""
        case Severity():
            return json.dumps(value.label)
        case Reference():
            return json.dumps(value.written, ensure_ascii=False)
        case RequiredVariable():
            return f"{{ name = {json.dumps(value.name)}, min_length = {value.min_length} }}"
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
            return json.dumps(str(value), ensure_ascii=False)
