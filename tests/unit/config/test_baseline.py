"""The file of known findings is readable, sorted, replaced as a whole, and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_dbops.config.baseline import load_baseline, write_baseline
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Code, Finding


def _finding(code: str, subject: str, message: str = "is bad") -> Finding:
    return Finding(subject, message, code=Code(code))


def test_file_is_sorted_and_readable(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    late, early, other = _finding("SCH002", "a"), _finding("SCH001", "b"), _finding("SCH001", "ä")

    assert write_baseline(file, [late, other, early, late]) == 3

    assert json.loads(file.read_text("utf-8")) == {
        "schema_version": 1,
        "findings": [
            {"code": finding.code, "subject": finding.subject, "message": "is bad", "fingerprint": finding.fingerprint}
            for finding in (early, other, late)
        ],
    }
    assert "ä" in file.read_text("utf-8")


def test_order_of_findings_does_not_change_the_file(tmp_path: Path) -> None:
    findings = [_finding("SCH001", "a"), _finding("SCH001", "b")]

    write_baseline(tmp_path / "one", findings)
    write_baseline(tmp_path / "other", reversed(findings))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@settings(deadline=None)
@given(texts=st.lists(st.tuples(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))))
def test_every_finding_is_known_again(tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]) -> None:
    file = tmp_path_factory.mktemp("baseline") / "baseline.json"
    findings = [_finding("SCH001", subject, message) for subject, message in texts]

    write_baseline(file, findings)

    assert load_baseline(file) == {finding.fingerprint for finding in findings}


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline(file, [_finding("SCH001", "a")])
    before = file.read_bytes()

    def broken() -> object:
        yield _finding("SCH001", "b")
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        write_baseline(file, broken())  # type: ignore[arg-type]  # a generator that breaks off is the point
    assert file.read_bytes() == before


def test_older_baseline_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline(file, [_finding("SCH001", "a"), _finding("SCH001", "b")])

    assert write_baseline(file, [_finding("SCH001", "b")]) == 1
    assert load_baseline(file) == {_finding("SCH001", "b").fingerprint}


@pytest.mark.parametrize("content", ['[gate]\nfail_on = "error"\n', "", "{}", '{"schema_version": 1}'])
def test_file_that_is_no_baseline_is_not_overwritten(tmp_path: Path, content: str) -> None:
    file = tmp_path / "dbops.toml"
    file.write_text(content)

    with pytest.raises(ConfigError, match=r"dbops\.toml is there and is no baseline; it is not overwritten"):
        write_baseline(file, [])
    assert file.read_text() == content


def test_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "baseline.json").mkdir()

    with pytest.raises(ConfigError, match=r"baseline\.json is there and is no baseline"):
        write_baseline(tmp_path / "baseline.json", [])
    assert [path.name for path in tmp_path.iterdir()] == ["baseline.json"]


def test_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^cannot write .*baseline\.json: there is no folder '.*new'"):
        write_baseline(tmp_path / "new" / "baseline.json", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{\n"findings": [\n', r"baseline\.json:3: not valid JSON: expecting value \(run: dbops baseline write\)$"),
        ("[]", r"is no baseline of schema version 1 \(run: dbops baseline write\)$"),
        ('{"schema_version": 2, "findings": []}', "is no baseline of schema version 1"),
        ('{"schema_version": 1, "findings": {}}', "is no baseline of schema version 1"),
        ('{"schema_version": 1, "findings": [{"fingerprint": "X"}]}', "finding 1 has no fingerprint of 16 hex digits"),
        ('{"schema_version": 1, "findings": ["x"]}', "finding 1 has no fingerprint of 16 hex digits"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_file_that_is_no_baseline_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content)

    with pytest.raises(ConfigError, match=problem):
        load_baseline(file)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^cannot read .*: No such file or directory$"):
        load_baseline(tmp_path / "baseline.json")
