"""What was read out of a file is kept by its content, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_dbops.migrating import history
from pytest_dbops.migrating.history import read_history
from pytest_dbops.migrating.readings import Readings
from pytest_dbops.migrating.remembered import Remembered


@dataclass(frozen=True, slots=True)
class Words:
    """What the tests read out of a text."""

    words: tuple[str, ...] = ()


def _read(readings: Readings, content: bytes, made: list[bytes] | None = None) -> Words:
    def make() -> Words:
        if made is not None:
            made.append(content)
        return Words(tuple(content.decode().split()))

    return readings.get(content, Words, make)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a file that keeps the readings of two texts, under the stamp `a`."""
    file = tmp_path / "deep" / "readings.json"
    readings = Readings()
    _read(readings, b"one two")
    _read(readings, b"three")
    readings.keep(file, "a")
    return file


def test_a_content_is_read_once() -> None:
    readings, made = Readings(), list[bytes]()
    assert [_read(readings, b"a b", made), _read(readings, b"a b", made)] == [Words(("a", "b"))] * 2
    assert made == [b"a b"]


def test_a_kept_reading_is_not_made_again(kept: Path) -> None:
    readings, made = Readings(), list[bytes]()
    readings.load(kept, "a")
    assert _read(readings, b"one two", made) == Words(("one", "two"))
    assert made == []


def test_another_content_is_read(kept: Path) -> None:
    readings, made = Readings(), list[bytes]()
    readings.load(kept, "a")
    assert _read(readings, b"one  two", made) == Words(("one", "two"))
    assert made == [b"one  two"]


def test_readings_of_another_version_do_not_count(kept: Path) -> None:
    readings, made = Readings(), list[bytes]()
    readings.load(kept, "b")
    _read(readings, b"three", made)
    assert made == [b"three"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stamp": 1}', '{"stamp": "x", "readings": []}'])
def test_a_broken_file_is_as_good_as_none(kept: Path, text: str) -> None:
    kept.write_text(text)
    readings, made = Readings(), list[bytes]()
    readings.load(kept, "a")
    _read(readings, b"three", made)
    assert made == [b"three"]


def test_a_reading_that_was_tampered_with_is_made_again(kept: Path) -> None:
    kept.write_text(kept.read_text().replace('"three"', "7"))
    readings, made = Readings(), list[bytes]()
    readings.load(kept, "a")
    assert _read(readings, b"three", made) == Words(("three",))
    assert made == [b"three"]


def test_nothing_is_written_where_nothing_is_new(kept: Path) -> None:
    before = kept.stat()
    readings = Readings()
    readings.load(kept, "a")
    _read(readings, b"three")
    readings.keep(kept, "a")
    assert kept.stat().st_mtime_ns == before.st_mtime_ns


def test_what_is_kept_already_stays_beside_what_is_new(kept: Path) -> None:
    second = Readings()
    second.load(kept, "a")
    _read(second, b"four")
    second.keep(kept, "a")
    third, made = Readings(), list[bytes]()
    third.load(kept, "a")
    assert [_read(third, text, made).words for text in (b"three", b"four")] == [("three",), ("four",)]
    assert made == []


def test_a_revision_read_from_what_is_kept_is_the_one_read_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").touch()
    (versions / "1f_first.py").write_text(
        '"""First."""\nrevision = "1f"\ndown_revision = None\n\n\ndef upgrade():\n    pass\n'
    )
    (versions / "2e.py").write_text('down_revision = "1f"\n\n\ndef upgrade():\n    pass\n')
    readings = Readings()
    monkeypatch.setattr(history, "READINGS", readings)
    monkeypatch.setattr(history, "_REVISIONS", Remembered())
    read = read_history(versions.parent, root=tmp_path)
    readings.keep(tmp_path / "kept.json", "a")
    again = Readings()
    again.load(tmp_path / "kept.json", "a")
    monkeypatch.setattr(history, "READINGS", again)
    monkeypatch.setattr(history, "_REVISIONS", Remembered())
    assert read_history(versions.parent, root=tmp_path) == read
    assert [each.id for each in read.revisions] == ["1f", "2e"]
