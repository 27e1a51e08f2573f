"""What was read out of a file counts only as long as the file is what it was."""

from __future__ import annotations

import os
import time
from itertools import count
from pathlib import Path
from unittest.mock import patch

from pytest_dbops.migrating import remembered
from pytest_dbops.migrating.remembered import Remembered

LONG_AGO_NS = time.time_ns() - 3_600_000_000_000


def read_twice(file: Path) -> list[str]:
    """Return what two questions about a file got, the second after it was written anew with as many bytes."""
    memory = Remembered[str]()
    first, changed_ns = memory.get(file, file.read_text), file.stat().st_ctime_ns
    while file.stat().st_ctime_ns == changed_ns:  # many file systems tell times to a tick of the kernel's clock only
        file.write_text("two")
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return [first, memory.get(file, file.read_text)]


def test_file_that_was_not_changed_is_read_once(tmp_path: Path) -> None:
    file, memory, numbers = tmp_path / "a", Remembered[int](), count(1)
    file.write_text("one")

    with patch.object(remembered, "_SETTLED_NS", -1):
        answers = [memory.get(file, lambda: next(numbers)) for _ in range(3)]

    assert answers == [1, 1, 1]


def test_file_that_was_written_anew_is_read_again_though_its_time_and_size_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))

    with patch.object(remembered, "_SETTLED_NS", -1):
        assert read_twice(file) == ["one", "two"]


def test_file_that_was_changed_just_now_is_read_each_time(tmp_path: Path) -> None:
    file, memory, numbers = tmp_path / "a", Remembered[int](), count(1)
    file.write_text("one")

    answers = [memory.get(file, lambda: next(numbers)) for _ in range(2)]

    assert answers == [1, 2]


def test_file_that_is_not_there_is_asked_for_each_time(tmp_path: Path) -> None:
    memory = Remembered[bool]()
    file = tmp_path / "a"
    assert memory.get(file, file.exists) is False
    file.write_text("")
    assert memory.get(file, file.exists) is True
