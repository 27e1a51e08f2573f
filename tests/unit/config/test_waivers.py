"""Malformed waivers are refused while the file is read, before anything is connected."""

from __future__ import annotations

import pytest

from tests.unit.config.conftest import ProjectFolder

COMPLETE = {
    "check": '"PRF002"',
    "subject": '"invoice.*"',
    "owner": '"ops@example.com"',
    "reason": '"index comes"',
    "expires": "2027-03-01",
}


def _waiver(**changes: str | None) -> str:
    lines = [f"{key} = {value}" for key, value in {**COMPLETE, **changes}.items() if value is not None]
    return "\n".join(["[[waiver]]", *lines])


@pytest.mark.parametrize("key", COMPLETE)
def test_waiver_without_a_key_is_refused(project: ProjectFolder, key: str) -> None:
    message = project.refuse(_waiver(**{key: None}))

    assert message.startswith(f"dbops.toml:1: [[waiver]] lacks '{key}' (add: {key} = ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"check": '"PRF2"'},
            "dbops.toml:2: [[waiver]] check is 'PRF2'; the code of a check is needed:"
            " three capitals and three digits, as in 'SCH003'",
        ),
        ({"owner": '""'}, "dbops.toml:4: [[waiver]] owner is ''; a text that is not empty is needed"),
        (
            {"expires": '"2027-03-01"'},
            "dbops.toml:6: [[waiver]] expires is '2027-03-01'; a date without quotes is needed, as in 2027-03-01",
        ),
        (
            {"expires": "2027-03-01T00:00:00"},
            "dbops.toml:6: [[waiver]] expires is 2027-03-01 00:00:00; a date without quotes is needed,"
            " as in 2027-03-01",
        ),
        (
            {"expires": "2027-03-31"},
            "dbops.toml:6: [[waiver]] PRF002 invoice.* (until 2027-03-31, ops@example.com) runs for 181 days;"
            " 180 are allowed (until 2027-03-30)",
        ),
        (
            {"environments": '["qa"]'},
            "dbops.toml:7: [[waiver]] environment 'qa' is not configured; there are development, testing",
        ),
        (
            {"environments": '["test"]'},
            "dbops.toml:7: [[waiver]] environment 'test' is not configured (did you mean 'testing'?);"
            " there are development, testing",
        ),
        (
            {"expire": "2027-03-01"},
            "dbops.toml:7: [[waiver]] has no key 'expire' (did you mean 'expires'?);"
            " it has check, subject, owner, reason, expires, environments",
        ),
    ],
)
def test_waiver_that_does_not_fit_is_refused(project: ProjectFolder, changes: dict[str, str], message: str) -> None:
    assert project.refuse(_waiver(**changes)) == message


def test_single_table_instead_of_an_array_is_refused(project: ProjectFolder) -> None:
    message = project.refuse(_waiver().replace("[[waiver]]", "[waiver]"))

    assert message == "dbops.toml:1: [waiver] is a single table; write [[waiver]], once for each"


def test_waiver_of_exactly_180_days_is_accepted(project: ProjectFolder) -> None:
    config = project.load(_waiver(expires="2027-03-30", environments='["testing"]'))

    assert config.waivers[0].label == "PRF002 invoice.* (until 2027-03-30, ops@example.com)"


def test_message_names_the_line_of_the_second_waiver(project: ProjectFolder) -> None:
    assert project.refuse(f"{_waiver()}\n\n{_waiver(reason=None)}").startswith("dbops.toml:8: ")


def test_empty_list_of_environments_is_not_taken_for_all(project: ProjectFolder) -> None:
    message = project.refuse(_waiver(environments="[]"))

    assert message == "dbops.toml:7: [[waiver]] environments is empty; name some, or leave it out for all"


def test_waiver_that_is_written_twice_is_refused(project: ProjectFolder) -> None:
    message = project.refuse(f"{_waiver()}\n{_waiver()}")

    assert message == (
        "dbops.toml:7: [[waiver]] PRF002 invoice.* (until 2027-03-01, ops@example.com) is written twice,"
        " first at dbops.toml:1 (remove one)"
    )
