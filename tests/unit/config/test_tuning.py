"""`[checks.CODE]` changes checks that exist, and nothing it does not know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.config.tuning import tune_checks
from pytest_dbops.core.check import Check, check, check_of
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.unit.config.conftest import ProjectFolder


def _checks() -> tuple[Check, ...]:
    @check("SCH001", severity=Severity.ERROR, settings={"limit_rows": 10, "names": ("a",), "is_strict": True})
    def one() -> Iterator[Finding]:
        yield from ()

    @check("SCH002", severity=Severity.ERROR)
    def other() -> Iterator[Finding]:
        yield from ()

    made = (check_of(one), check_of(other))
    return tuple(item for item in made if item is not None)


def test_severity_and_thresholds_go_into_the_settings(project: ProjectFolder) -> None:
    config = project.load('[checks.SCH001]\nseverity = "info"\nlimit_rows = 2.5\n')

    first, second = tune_checks(config, _checks())

    assert first.settings == {"limit_rows": 2.5, "names": ("a",), "is_strict": True, "severity": "info"}
    assert (second.code, second.settings) == ("SCH002", {})


def test_disabled_check_is_kept_as_disabled(project: ProjectFolder) -> None:
    config = project.load("[checks.SCH001]\nenabled = false\n")

    assert [item.settings.get("enabled", True) for item in tune_checks(config, _checks())] == [False, True]


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
    ],
)
def test_unknown_codes_and_settings_are_refused(project: ProjectFolder, text: str, message: str) -> None:
    config = project.load(text)

    with pytest.raises(ConfigError) as caught:
        tune_checks(config, _checks())

    assert str(caught.value) == message
