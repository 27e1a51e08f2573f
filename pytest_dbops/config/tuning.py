"""Apply `[checks.CODE]` to the checks that exist, and refuse what no check knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pytest_dbops.config.model import Config
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.quantities import WrongUnit, is_measurable, is_quantity, parse_quantity
from pytest_dbops.core.check import Check, SettingValue
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Code

_OWN_KEYS = ("enabled", "severity")


def tune_checks(config: Config, checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks with what `[checks.CODE]` gives put into their settings; order is kept.

    `enabled` and `severity` go in beside the thresholds: the runner skips a check that is off, with that reason,
    and weighs findings by the severity. Give it all checks of the gate at once. Raises ConfigError for a code in
    `[checks.CODE]`, `[[waiver]]` or `may_skip` that no check has, and for a threshold that its check does not
    know or that is of another type.
    """
    all_checks = tuple(checks)
    for problem in tuning_problems(config, all_checks):
        raise ConfigError(problem)
    return tuple(_tuned(check, config.check_settings.get(check.code, {})) for check in all_checks)


def tuning_problems(config: Config, checks: Iterable[Check]) -> Iterator[str]:
    """Yield all that `tune_checks` would refuse, one line each."""
    all_checks = tuple(checks)
    yield from _unknown_codes(config, {check.code for check in all_checks})
    for check in all_checks:
        for name, value in config.check_settings.get(check.code, {}).items():
            if name not in _OWN_KEYS and (problem := _misfit(config, check, name, value)):
                yield problem


def _tuned(check: Check, given: Mapping[str, SettingValue]) -> Check:
    if not given:
        return check
    measured = {name: _measured(name, value, check.settings.get(name)) for name, value in given.items()}
    return replace(check, settings={**check.settings, **measured})


def _measured(name: str, value: SettingValue, default: SettingValue | None) -> SettingValue:
    """Return a threshold as a number, where one was written with its unit."""
    return parse_quantity(name, value) if isinstance(value, str) and _has_unit(name, default) else value


def _has_unit(name: str, default: SettingValue | None) -> bool:
    return default is not None and _type_word(default) == "number" and is_quantity(name)


def _misfit(config: Config, check: Check, name: str, value: SettingValue) -> str:
    key = f"checks.{check.code}.{name}"
    place = config.origins.get(key, config.file.name)
    if name not in check.settings:
        known = (*(own for own in check.settings if own not in _OWN_KEYS), *_OWN_KEYS)
        return f"{place}: {check.code} has no setting {name!r}{nearest_hint(name, known)}; it has {', '.join(known)}"
    default = check.settings[name]
    if isinstance(value, str) and _has_unit(name, default):
        try:
            parse_quantity(name, value)
        except WrongUnit as err:
            return f"{place}: {key} is {value!r}; {err}"
        return ""
    if isinstance(value, int | float) and _has_unit(name, default) and not is_measurable(value):
        return f"{place}: {key} is {value!r}; a limit of 0 or more is needed"
    if _type_word(value) != _type_word(default):
        return f"{place}: {key} is {value!r}; a {_type_word(default)} is needed, as in {default!r}"
    return ""


def _type_word(value: SettingValue) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "number"
    return "list of texts" if isinstance(value, tuple) else "text"


def _unknown_codes(config: Config, known: set[Code]) -> Iterator[str]:
    named = [
        *((code, f"checks.{code}.enabled", f"[checks.{code}]") for code in config.check_settings),
        *((code, "gate.may_skip", "[gate] may_skip") for code in sorted(config.gate.may_skip)),
        *((waiver.check, f"waiver.{number}.check", "[[waiver]]") for number, waiver in enumerate(config.waivers, 1)),
    ]
    for code, key, where in named:
        if code not in known:
            place = config.origins.get(key, config.file.name)
            hint = nearest_hint(code, known)
            yield f"{place}: {where} names {code}, which no check has{hint} (see: dbops checks list)"
