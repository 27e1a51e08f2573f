"""Reports are written whole or not at all, each where it is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.secret import Secret, SecretMask
from pytest_dbops.core.verdict import Verdict
from pytest_dbops.reports.json_report import load_report
from pytest_dbops.reports.junit import Profile
from pytest_dbops.reports.write import Format, report_folder, report_paths, write_reports
from tests.unit.core.test_durable import files_limited_to
from tests.unit.reports.sample import TARGET, everything, report, result


def test_all_reports_are_written_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "dbops-reports" / "staging"

    paths = write_reports(everything(), folder)

    assert paths == (folder / "gate.json", folder / "gate.txt", folder / "junit-dbops-staging.xml")
    assert sorted(folder.iterdir()) == sorted(paths)
    assert load_report(paths[0].read_text(encoding="ascii")) == everything()
    assert paths[1].read_text(encoding="utf-8").startswith("BLOCKED  staging: ")
    assert etree.parse(str(paths[2])).getroot().get("tests") == "10"


def test_the_text_report_names_all_reports(tmp_path: Path) -> None:
    paths = write_reports(everything(), tmp_path)

    listed = (tmp_path / "gate.txt").read_text(encoding="utf-8").partition("Reports\n")[2]
    assert listed.splitlines() == [f"  {path}" for path in paths]


def test_only_the_formats_asked_for_are_written(tmp_path: Path) -> None:
    assert write_reports(everything(), tmp_path, [Format.JSON]) == (tmp_path / "gate.json",)
    assert list(tmp_path.iterdir()) == [tmp_path / "gate.json"]


def test_the_junit_profile_is_the_one_asked_for(tmp_path: Path) -> None:
    (path,) = write_reports(everything(), tmp_path, [Format.JUNIT], Profile.STRICT)

    assert etree.parse(str(path)).getroot().find(".//testcase/properties") is None


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    write_reports(everything(), tmp_path)
    write_reports(report(result()), tmp_path)

    assert (tmp_path / "gate.txt").read_text(encoding="utf-8").startswith("PASS  staging: ")


def test_the_default_folder_is_named_after_the_environment() -> None:
    assert report_folder("staging") == Path("dbops-reports/staging")
    assert report_folder("staging", Path("/out")) == Path("/out/staging")


@pytest.mark.parametrize(
    ("environment", "word"),
    [("eu/prod", "eu-prod"), ("..", "environment"), ("../../etc", "-..-etc"), ("a b\x00", "a-b-"), ("", "environment")],
)
def test_an_environment_never_leads_out_of_the_folder(environment: str, word: str) -> None:
    from dataclasses import replace

    made = report(target=replace(TARGET, environment=environment))

    assert report_folder(environment) == Path("dbops-reports") / word
    assert report_paths(made, Path("f"))[Format.JUNIT] == Path("f") / f"junit-dbops-{word}.xml"


def test_no_file_holds_a_secret(tmp_path: Path) -> None:
    made = report(result(reason="login with hunter-two failed"), notes=("hunter-two",), verdict=Verdict.INCONCLUSIVE)

    paths = write_reports(made, tmp_path, mask=SecretMask([Secret("hunter-two")]))

    assert [b"hunter-two" in path.read_bytes() for path in paths] == [False] * 3


def test_a_full_disk_leaves_the_old_reports_and_is_one_line(tmp_path: Path) -> None:
    old = write_reports(report(result()), tmp_path)
    before = [path.read_bytes() for path in old]

    with files_limited_to(100), pytest.raises(DbopsError) as raised:
        write_reports(everything(), tmp_path)

    assert [path.read_bytes() for path in old] == before
    assert sorted(tmp_path.iterdir()) == sorted(old)
    assert str(raised.value) == "; ".join(f"{path} could not be written: File too large" for path in old)


def test_one_report_that_cannot_be_written_does_not_keep_the_others_from_it(tmp_path: Path) -> None:
    (tmp_path / "gate.txt").mkdir()

    with pytest.raises(DbopsError) as raised:
        write_reports(everything(), tmp_path)

    assert str(raised.value) == f"{tmp_path / 'gate.txt'} could not be written: Is a directory"
    assert (tmp_path / "gate.json").is_file()
    assert (tmp_path / "junit-dbops-staging.xml").is_file()


def test_a_file_in_the_place_of_the_folder_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.write_text("mine", encoding="utf-8")

    with pytest.raises(DbopsError) as raised:
        write_reports(everything(), folder, [Format.JSON])

    assert str(raised.value) == f"{folder / 'gate.json'} could not be written: File exists"
    assert folder.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_takes_no_files_is_one_line() -> None:
    folder = Path("/proc/self")

    with pytest.raises(DbopsError) as raised:
        write_reports(everything(), folder, [Format.JSON])

    assert str(raised.value).startswith("/proc/self/gate.json could not be written: ")
