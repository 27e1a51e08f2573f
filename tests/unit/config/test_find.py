"""Which file is the configuration of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.config.load import find_config
from pytest_dbops.core.errors import ConfigError


def test_file_is_found_in_a_folder_above(tmp_path: Path) -> None:
    (tmp_path / "dbops.toml").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "pytest-dbops-user"\n')
    inner = tmp_path / "src" / "package"
    inner.mkdir(parents=True)

    assert find_config(inner) == tmp_path / "dbops.toml"


def test_nearest_file_wins(tmp_path: Path) -> None:
    (tmp_path / "dbops.toml").touch()
    inner = tmp_path / "service"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.dbops.gate]\n")

    assert find_config(inner) == inner / "pyproject.toml"


def test_two_files_in_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dbops.toml").touch()
    (tmp_path / "pyproject.toml").write_text("[tool]\ndbops = {}\n")

    with pytest.raises(ConfigError, match=r"are both there \(keep one of them\)$"):
        find_config(tmp_path)


def test_broken_pyproject_of_other_content_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "dbops.toml").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["pytest-dbops"\n')

    assert find_config(tmp_path) == tmp_path / "dbops.toml"


def test_no_file_is_said_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match=r"^there is no dbops\.toml in / or above \(run: dbops init\)$"):
        find_config(Path("/"))
