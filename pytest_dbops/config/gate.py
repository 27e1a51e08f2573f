"""The tables `[gate]` and `[checks.CODE]`: what decides, what is reported, and each check's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_dbops.config.shapes import Unfit, code, codes, flag, one_of, setting, severity, some_of, text
from pytest_dbops.config.table import Key, Source, Table, dotted
from pytest_dbops.core.check import SettingValue
from pytest_dbops.core.finding import Code
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.severity import Severity

REPORT_FORMATS = ("text", "json", "junit")
JUNIT_PROFILES = ("rich", "strict")

CheckSettings = Mapping[Code, Mapping[str, SettingValue]]


@frozen
class Gate:
    """What decides a gate and what it leaves behind.

    fail_on: least severity that blocks; may_skip: codes whose inconclusive outcome does not decide.
    reports_dir: the folder that gets one folder an environment; baseline: file of known findings, or empty.
    """

    fail_on: Severity = Severity.ERROR
    may_skip: frozenset[Code] = frozenset()
    reports: tuple[str, ...] = ("text", "json", "junit")
    reports_dir: str = "dbops-reports"
    junit_profile: str = "rich"
    baseline: str = ""


FAIL_ON = Key(
    "fail_on", severity(), "least severity of a finding that blocks",
    "error", 'fail_on = "error"', option="--dbops-fail-on",
)  # fmt: skip
MAY_SKIP = Key(
    "may_skip", codes(), "checks that may stay inconclusive without deciding the verdict",
    "none", 'may_skip = ["STO007"]',
)  # fmt: skip
REPORTS = Key(
    "reports", some_of(REPORT_FORMATS), "formats that are written to disk",
    "text, json, junit", 'reports = ["text", "json", "junit"]', option="--dbops-report",
)  # fmt: skip
REPORTS_DIR = Key(
    "reports_dir", text(), "folder of the reports; each environment gets a folder in it",
    "dbops-reports", 'reports_dir = "dbops-reports"',
)  # fmt: skip
JUNIT_PROFILE = Key(
    "junit_profile", one_of(JUNIT_PROFILES),
    "`rich` has properties, file and line; `strict` is valid against the schema junit-10.xsd",
    "rich", 'junit_profile = "rich"', option="--dbops-junit",
)  # fmt: skip
GATE_BASELINE = Key(
    "baseline", text(), "file of known findings (`dbops baseline write`); only new ones then fail",
    "none", 'baseline = "dbops-baseline.json"',
)  # fmt: skip

GATE = Table(
    "gate",
    "What decides a gate, and what it leaves behind.",
    (FAIL_ON, MAY_SKIP, REPORTS, REPORTS_DIR, JUNIT_PROFILE, GATE_BASELINE),
)

ENABLED = Key(
    "enabled", flag(), "`false` takes the check out of the gate, in every environment",
    "true", "enabled = false",
)  # fmt: skip
SEVERITY = Key(
    "severity", severity(), "severity of the check's findings",
    "the check's own", 'severity = "warning"',
)  # fmt: skip
CHECK = Table(
    "checks.CODE",
    "Settings of one check. Beside the keys below it takes the check's own thresholds, which"
    " `dbops checks show CODE` lists with their defaults.",
    (ENABLED, SEVERITY),
    is_open=True,
)


def read_gate(source: Source) -> Gate:
    """Return the table `[gate]`."""
    section, default = source.section(GATE, "gate"), Gate()
    return Gate(
        fail_on=section.read(FAIL_ON, default.fail_on),
        may_skip=section.read(MAY_SKIP, default.may_skip),
        reports=section.read(REPORTS, default.reports),
        reports_dir=section.read(REPORTS_DIR, default.reports_dir),
        junit_profile=section.read(JUNIT_PROFILE, default.junit_profile),
        baseline=section.read(GATE_BASELINE, default.baseline),
    )


def read_check_settings(source: Source) -> CheckSettings:
    """Return the tables `[checks.CODE]`; whether a check knows its setting is judged when checks are loaded."""
    written = source.as_table(source.document.tables.get("checks", {}), ("checks",))
    settings: dict[Code, Mapping[str, SettingValue]] = {}
    for name in written:
        try:
            check = code().parse(name)
        except Unfit as err:
            raise source.document.error(("checks", name), f"[{dotted(('checks', name))}]: {err}") from None
        settings[check] = MappingProxyType(_settings_of(source, name))
    return MappingProxyType(settings)


def _settings_of(source: Source, name: str) -> dict[str, SettingValue]:
    section = source.section(CHECK, "checks", name)
    values: dict[str, SettingValue] = {}
    if section.has(ENABLED):
        values["enabled"] = section.read(ENABLED, True)
    if section.has(SEVERITY):
        values["severity"] = section.read(SEVERITY, Severity.ERROR).label
    for own in section.rest():
        values[own] = section.read(Key(own, setting(), "", "", ""), "")
    return values
