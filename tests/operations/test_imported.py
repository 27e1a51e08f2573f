"""What a process imported is told by the distributions it is from."""

from __future__ import annotations

import sys
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType

import pytest

from pytest_dbops.operations import imported

RECORD = """\
pkg_of_one/__init__.py,sha256=abc,12
pkg_of_one/sub/deep.py,,
module_alone.py,sha256=def,7
../../bin/tool,sha256=123,3
one-1.0.dist-info/METADATA,,
"""


@pytest.mark.parametrize("name", ["pkg_of_one", "module_alone"])
def test_distribution_is_known_by_the_first_part_of_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "one-1.0.dist-info"
    folder.mkdir()
    (folder / "RECORD").write_text(RECORD)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
    monkeypatch.setattr(imported, "distributions", lambda: [Distribution.at(folder)])

    assert imported.imported_libraries() == []
    monkeypatch.setitem(sys.modules, f"{name}.part", ModuleType(name))
    assert imported.imported_libraries() == ["one"]
