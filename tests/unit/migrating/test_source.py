"""What a revision's file says of its downgrade, without running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.walk import Downgrade
from pytest_dbops.migrating.walking.source import Source, read_source

UPGRADE = "def upgrade():\n    make()\n\n\n"


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


def test_upgrade_that_does_nothing_is_told(tmp_path: Path) -> None:
    file = tmp_path / "r.py"
    file.write_text("def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n")
    assert read_source(file) == Source(1, 5, Downgrade.EMPTY, is_empty=True)
