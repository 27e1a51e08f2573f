"""`[checks.CODE]` changes checks that exist, and nothing it does not know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.config.tuning import tune_checks
from pytest_dbops.core.check import Check, check, check_of
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.severity import Severity
from tests.unit.config.conftest import ProjectFolder


def _checks() -> tuple[Check, ...]:
    @check("SCH001", severity=Severity.ERROR, settings={"limit_rows": 10, "names": ("a",), "is_strict": True})
    def one() -> Iterator[Finding]:
        yield from ()

    @check(
        "PRF001",
        severity=Severity.ERROR,
        settings={"most_bytes": 1, "warn_s": 1, "warn_ms": 1, "least_days": 1, "old_hours": 1, "warn_percent": 1},
    )
    def measured() -> Iterator[Finding]:
        yield from ()

    @check("SCH002", severity=Severity.ERROR)
    def other() -> Iterator[Finding]:
        yield from ()

    made = (check_of(one), check_of(other), check_of(measured))
    return tuple(item for item in made if item is not None)


def test_severity_and_thresholds_go_into_the_settings(project: ProjectFolder) -> None:
    config = project.load('[checks.SCH001]\nseverity = "info"\nlimit_rows = 2.5\n')

    first, second, _ = tune_checks(config, _checks())

    assert first.settings == {"limit_rows": 2.5, "names": ("a",), "is_strict": True, "severity": "info"}
    assert (second.code, second.settings) == ("SCH002", {})


def test_thresholds_may_be_written_with_their_unit(project: ProjectFolder) -> None:
    written = {
        "most_bytes": '"1.5 GB"', "warn_s": '"5 min"', "warn_ms": '"2s"', "least_days": '"36 h"', "old_hours": '"2 d"',
        "warn_percent": '"12.5 %"',
    }  # fmt: skip
    lines = "".join(f"{name} = {value}\n" for name, value in written.items())
    tuned = {item.code: item.settings for item in tune_checks(project.load(f"[checks.PRF001]\n{lines}"), _checks())}
    assert tuned[Code("PRF001")] == {
        "most_bytes": 1610612736, "warn_s": 300, "warn_ms": 2000, "least_days": 1.5, "old_hours": 48,
        "warn_percent": 12.5,
    }  # fmt: skip


def test_disabled_check_is_kept_as_disabled(project: ProjectFolder) -> None:
    config = project.load("[checks.SCH001]\nenabled = false\n")

    assert [item.settings.get("enabled", True) for item in tune_checks(config, _checks())] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[checks.SCH009]\nenabled = true",
            "dbops.toml:2: [checks.SCH009] names SCH009, which no check has (did you mean 'SCH002'?)"
            " (see: dbops checks list)",
        ),
        (
            '[gate]\nmay_skip = ["ZZZ999"]',
            "dbops.toml:2: [gate] may_skip names ZZZ999, which no check has (see: dbops checks list)",
        ),
        (
            '[[waiver]]\ncheck = "ZZZ999"\nsubject = "*"\nowner = "o"\nreason = "r"\nexpires = 2026-12-01',
            "dbops.toml:2: [[waiver]] names ZZZ999, which no check has (see: dbops checks list)",
        ),
        (
            "[checks.SCH001]\nlimit_row = 1",
            "dbops.toml:2: SCH001 has no setting 'limit_row' (did you mean 'limit_rows'?);"
            " it has limit_rows, names, is_strict, enabled, severity",
        ),
        ("[checks.SCH002]\nlimit = 1", "dbops.toml:2: SCH002 has no setting 'limit'; it has enabled, severity"),
        (
            "[checks.SCH001]\nlimit_rows = true",
            "dbops.toml:2: checks.SCH001.limit_rows is True; a number is needed, as in 10",
        ),
        (
            '[checks.SCH001]\nlimit_rows = "10 GB"',
            "dbops.toml:2: checks.SCH001.limit_rows is '10 GB'; a number is needed, as in 10",
        ),
        (
            '[checks.PRF001]\nmost_bytes = "5 min"',
            "dbops.toml:2: checks.PRF001.most_bytes is '5 min'; a number, or one with a unit (bytes, B, kB, MB, GB, TB)"
            ", is needed, as in '10 GB'",
        ),
        (
            '[checks.PRF001]\nwarn_percent = "20 s"',
            "dbops.toml:2: checks.PRF001.warn_percent is '20 s'; a number, or one with a unit (%), is needed,"
            " as in '20 %'",
        ),
        ("[checks.PRF001]\nwarn_s = nan", "dbops.toml:2: checks.PRF001.warn_s is nan; a limit of 0 or more is needed"),
        ("[checks.PRF001]\nwarn_s = -5", "dbops.toml:2: checks.PRF001.warn_s is -5; a limit of 0 or more is needed"),
    ],
)
def test_unknown_codes_and_settings_are_refused(project: ProjectFolder, text: str, message: str) -> None:
    config = project.load(text)

    with pytest.raises(ConfigError) as caught:
        tune_checks(config, _checks())

    assert str(caught.value) == message
