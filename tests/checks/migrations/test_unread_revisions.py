"""MIG014, on files as projects have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.checks.migrations.unread_revisions import unread_revisions
from pytest_dbops.core.finding import Finding
from pytest_dbops.migrating.scripts import find_scripts
from pytest_dbops.migrating.unread import find_unread

REVISION = 'revision = "{}"\ndown_revision = None\n\n\ndef upgrade():\n    pass\n'
TYPED = 'revision: str = "{}"\ndown_revision: str | None = None\n'


def found_in(root: Path) -> list[Finding]:
    return list(unread_revisions(find_unread(find_scripts(root / "migrations", root=root), root=root)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one revision that is read, and two in folders of their own that are not."""
    for name, text in (("a1", REVISION), ("2025/b2", TYPED), ("2025/c3", REVISION)):
        file = tmp_path / f"migrations/versions/{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(file.stem))
    (tmp_path / "migrations/env.py").write_text("revision = down_revision = None\n")
    return tmp_path


def test_folder_that_alembic_does_not_look_into_is_named_with_the_way_out(project: Path) -> None:
    (found,) = found_in(project)
    assert (found.subject, found.message) == (
        "migrations/versions/2025",
        "migrations/versions/2025/ has 2 revision files that the history does not hold (b2.py, ...): alembic does not"
        " look there",
    )
    assert "recursive_version_locations = true (pyproject.toml)" in found.hint


@pytest.mark.parametrize(
    "setting",
    ["recursive_version_locations = true", "version_locations = migrations/versions migrations/versions/2025"],
)
def test_folder_that_alembic_is_told_of_is_read(setting: str, project: Path) -> None:
    (project / "alembic.ini").write_text(f"[alembic]\nscript_location = migrations\n{setting}\n")
    assert found_in(project) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("versions/2025/helpers.py", "def add(op, revision):\n    down_revision = revision\n"),
        ("versions/2025/__init__.py", REVISION),
        ("versions/2025/__pycache__/old.py", REVISION),
        ("versions/.trash/old.py", REVISION),
        ("versions/2025/notes.txt", REVISION),
    ],
)
def test_what_is_no_revision_of_anybody_is_none(name: str, text: str, project: Path) -> None:
    for file in (project / "migrations/versions/2025").iterdir():
        file.unlink()
    file = project / "migrations" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert found_in(project) == []
