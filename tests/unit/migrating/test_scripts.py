"""Where revisions lie is read as alembic reads it: folder, ini, pyproject.toml, and every separator."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.migrating.history import read_history
from pytest_dbops.migrating.scripts import find_scripts

FUNCTIONS = "def upgrade():\n    pass\ndef downgrade():\n    pass\n"


def revision(folder: Path, name: str, down: str | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(f"revision = {name!r}\ndown_revision = {down!r}\n{FUNCTIONS}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a script folder, and revisions in more folders than one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "env.py").write_text("")
    revision(tmp_path / "db" / "versions", "r1")
    revision(tmp_path / "plugin" / "versions", "r2", "r1")
    revision(tmp_path / "plugin" / "versions" / "deep" / "er", "r3", "r2")
    revision(tmp_path / "db" / "versions" / "__pycache__", "cached", "r1")
    (tmp_path / "db" / "versions" / "r1.pyc").write_bytes(b"x")
    (tmp_path / "db" / "versions" / "__init__.py").write_text("")
    (tmp_path / "db" / "versions" / ".#r9.py").write_text("nothing to read")
    return tmp_path


def ids(location: Path, root: Path) -> set[str]:
    history = read_history(location, root=root)
    assert history.breaking == ()
    return {each.id for each in history.revisions}


def alembics(ini: Path) -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # alembic calls its older settings deprecated
        script = ScriptDirectory.from_config(Config(str(ini)))
        return {each.revision for each in script.walk_revisions()}


TWO = "%(here)s/db/versions{}%(here)s/plugin/versions"
SETTINGS = {
    "no list": "",
    "os": f"version_locations = {TWO.format(os.pathsep)}\npath_separator = os",
    "space": f"version_locations = {TWO.format(' ')}\npath_separator = space",
    "newline": "version_locations =\n  %(here)s/db/versions\n  %(here)s/plugin/versions\npath_separator = newline",
    "colon": f"version_locations = {TWO.format(':')}\npath_separator = :",
    "semicolon": f"version_locations = {TWO.format(';')}\nversion_path_separator = ;",
    "old separator": f"version_locations = {TWO.format(' ')}\nversion_path_separator = space",
    "new before old": f"version_locations = {TWO.format(';')}\npath_separator = ;\nversion_path_separator = space",
    "commas": f"version_locations = {TWO.format(', ')}",
    "spaces": f"version_locations = {TWO.format('  ')}",
    "relative": "version_locations = db/versions plugin/versions\npath_separator = space",
    "recursive": f"version_locations = {TWO.format(' ')}\npath_separator = space\nrecursive_version_locations = true",
    "not recursive": f"version_locations = {TWO.format(' ')}\nrecursive_version_locations = True",
    "a folder that is not there": f"version_locations = {TWO.format(' ')} nowhere\npath_separator = space",
    "the same twice": f"version_locations = {TWO.format(' ')} db/versions\npath_separator = space",
    "interpolated": "more = plugin/versions\nversion_locations = db/versions %(more)s\npath_separator = space",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_locations_are_alembics(project: Path, name: str) -> None:
    if "\npath_separator" in SETTINGS[name] and not hasattr(Config, "get_alembic_option"):
        pytest.skip("alembic before 1.16 knows no path_separator")
    ini = project / "alembic.ini"
    ini.write_text(f"[alembic]\nscript_location = %(here)s/db\n{SETTINGS[name]}\n")

    assert ids(ini, project) == ids(project / "db", project) == alembics(ini)


def test_folder_without_any_ini_is_enough(project: Path) -> None:
    assert ids(project / "db", project) == {"r1"}


@pytest.mark.parametrize("written", ["db", "%(here)s/db"])
def test_pyproject_names_the_folders(project: Path, written: str) -> None:
    (project / "pyproject.toml").write_text(
        f'[tool.alembic]\nscript_location = "{written}"\nrecursive_version_locations = true\n'
        'version_locations = ["%(here)s/db/versions", "plugin/versions"]\n'
    )
    assert ids(project / "pyproject.toml", project) == ids(project / "db", project) == {"r1", "r2", "r3"}


def test_package_is_found_without_being_imported(project: Path) -> None:
    revision(project / "src" / "shop" / "db" / "versions", "r7")
    (project / "src" / "shop" / "__init__.py").write_text("raise SystemExit('imported')")
    ini = project / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = shop:db\n")

    assert ids(ini, project) == {"r7"}
    assert find_scripts(ini, root=project).folder == project / "src" / "shop" / "db"


def test_installed_package_is_found(project: Path) -> None:
    pytest.importorskip("jupyterhub")
    ini = project / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = jupyterhub:alembic\n")
    assert "f460b0348206" in ids(ini, project)


def test_ini_below_the_root_may_name_a_folder_beside_itself(project: Path) -> None:
    revision(project / "services" / "a" / "scripts" / "versions", "r5")
    ini = project / "services" / "a" / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = scripts\n")
    assert ids(ini, project) == {"r5"}


def test_file_reached_by_two_ways_is_read_once(project: Path) -> None:
    (project / "db" / "versions" / "again.py").symlink_to(project / "db" / "versions" / "r1.py")
    assert ids(project / "db", project) == {"r1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "alembic.ini names no script_location"),
        ("[alembic]\nscript_location = nowhere\n", "alembic's script_location "),
        ("no section", "alembic.ini cannot be read: "),
        ("[alembic]\nscript_location = %(gone)s\n", "alembic.ini: script_location cannot be read: "),
        (
            "[alembic]\nscript_location = db\nversion_locations = a b\npath_separator = x\n",
            "alembic.ini: path_separator",
        ),
    ],
)
def test_settings_that_cannot_be_read_are_one_line(project: Path, text: str, words: str) -> None:
    ini = project / "alembic.ini"
    ini.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_history(ini, root=project)
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["[tool", '[tool.alembic]\nscript_location = "%(gone)s"', "tool = 1"])
def test_pyproject_that_cannot_be_read_is_one_line(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"^pyproject.toml"):
        read_history(project / "pyproject.toml", root=project)


def test_location_that_is_not_there_is_said(project: Path) -> None:
    with pytest.raises(ConfigError, match="do not exist"):
        read_history(project / "gone", root=project)
