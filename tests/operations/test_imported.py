"""What a process imported is told by the distributions it is from."""

from __future__ import annotations

import sys
from collections.abc import Callable
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


def _has_file(module: ModuleType, folder: Path) -> None:
    module.__file__ = str(folder / "__init__.py")


def _has_no_file(module: ModuleType, folder: Path) -> None:
    module.__path__ = [str(folder)]


@pytest.mark.parametrize(
    ("name", "where"),
    [("pkg_of_one", _has_file), ("module_alone", _has_file), ("pkg_of_one", _has_no_file)],
    ids=["package", "module", "namespace"],
)
def test_distribution_is_known_by_the_first_part_of_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, where: Callable[[ModuleType, Path], None]
) -> None:
    folder = tmp_path / "one-1.0.dist-info"
    folder.mkdir()
    (folder / "RECORD").write_text(RECORD)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: one\nVersion: 1.0\n")
    monkeypatch.setattr(imported, "distributions", lambda: [Distribution.at(folder)])

    assert imported.imported_libraries() == []
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    assert imported.imported_libraries() == [], "what is made in memory belongs to who made it"
    where(module, tmp_path / name)
    assert imported.imported_libraries() == ["one"]
    (tmp_path / "project").mkdir()
    where(module, tmp_path / "project" / name)
    assert imported.imported_libraries() == [], "nothing was installed there"
