"""What a revision's file says of its downgrade, and which revisions a folder has, without running any."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.walk import Downgrade
from pytest_dbops.migrating.revision_files import RevisionFile, read_revision_files
from pytest_dbops.migrating.walking.source import Source, read_source

UPGRADE = "def upgrade():\n    pass\n\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def downgrade():\n    op.drop_table('t')\n", Source(1, 5, Downgrade.WRITTEN)),
        ("def downgrade():\n    pass\n", Source(1, 5, Downgrade.EMPTY)),
        ('def downgrade() -> None:\n    """Nothing."""\n    ...\n    return\n', Source(1, 5, Downgrade.EMPTY)),
        ("def downgrade():\n    raise RuntimeError('no')\n", Source(1, 5, Downgrade.REFUSES)),
        ('def downgrade():\n    """Never."""\n    raise NotImplementedError\n', Source(1, 5, Downgrade.REFUSES)),
        ("def downgrade():\n    if op:\n        raise ValueError\n", Source(1, 5, Downgrade.WRITTEN)),
        ("", Source(1, 0, Downgrade.MISSING)),
        ("from shop.parts import downgrade\n", Source(1, 0, Downgrade.WRITTEN)),
        ("downgrade = upgrade\n", Source(1, 0, Downgrade.WRITTEN)),
        ("def broken(:\n", Source(1, 0, Downgrade.WRITTEN)),
    ],
)
def test_downgrade_is_what_is_written(text: str, expected: Source, tmp_path: Path) -> None:
    file = tmp_path / "r.py"
    file.write_text(UPGRADE + text)
    assert read_source(file) == expected


def revision(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text)


def test_revisions_are_listed_oldest_first_however_they_are_written(tmp_path: Path) -> None:
    versions = tmp_path / "migrations/versions"
    revision(versions, "1", "revision, down_revision = 'c', ('a', 'b')\n" + UPGRADE)
    revision(versions, "2", "revision: str = 'a'\ndown_revision: str | None = None\n\n" + UPGRADE)
    revision(versions, "3", "revision = 'b'\ndown_revision = 'a'\ndepends_on = ['a']\n")
    revision(versions, "4", "raise SystemExit('never imported')\n")
    revision(versions, "5", "revision = compute()\n")

    assert read_revision_files(tmp_path / "migrations", root=tmp_path) == (
        RevisionFile("a", "migrations/versions/2.py", 4),
        RevisionFile("b", "migrations/versions/3.py", 1, ("a", "a")),
        RevisionFile("c", "migrations/versions/1.py", 2, ("a", "b")),
    )


def test_folders_of_the_ini_are_all_read(tmp_path: Path) -> None:
    ini = tmp_path / "alembic.ini"
    ini.write_text(
        "[alembic]\nscript_location = %(here)s/migrations\nversion_locations = %(here)s/one:%(here)s/two\n"
        "path_separator = os\n"
    )
    for name in ("one", "two"):
        revision(tmp_path / name, name, f"revision = '{name}'\ndown_revision = None\n")

    found = read_revision_files(ini, root=tmp_path)

    assert [each.file for each in found] == ["one/one.py", "two/two.py"]


def test_what_the_baseline_stands_for_is_left_out(tmp_path: Path) -> None:
    versions = tmp_path / "migrations/versions"
    for name, down in (("a", None), ("b", "a"), ("c", "b"), ("other", None)):
        revision(versions, name, f"revision = {name!r}\ndown_revision = {down!r}\n")

    found = read_revision_files(tmp_path / "migrations", root=tmp_path, first="c")

    assert [each.revision for each in found] == ["other", "c"]


def test_folder_that_is_not_there_has_no_revision(tmp_path: Path) -> None:
    assert read_revision_files(tmp_path / "nowhere", root=tmp_path) == ()
