"""What a module that env.py imports can do to a migration is told apart from the tables it describes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.migrating.shaping import settings_digest

MODELS = """
import sqlalchemy as sa
from sqlalchemy import Table, event

metadata = sa.MetaData()
"""


def digest(tmp_path: Path, text: str) -> str:
    """Return the digest of a module of this text."""
    file = tmp_path / "models.py"
    file.write_text(MODELS + text)
    return settings_digest(file)


@pytest.mark.parametrize(
    "more",
    [
        "one = sa.Table('one', metadata)",
        "one: sa.Table = Table('one', metadata)",
        "Table('one', metadata)",
        "one = sa.Table('one', metadata)\none.append_column(sa.Column('more', sa.Text))\nsa.Index('ix', one.c.more)",
        "one = sa.schema.Table('one', metadata)",
        "class One(Base):\n    __tablename__ = 'one'",
    ],
)
def test_tables_are_no_settings(more: str, tmp_path: Path) -> None:
    assert digest(tmp_path, more) == digest(tmp_path, "")


@pytest.mark.parametrize(
    "more",
    [
        "other = sa.MetaData(naming_convention={})",
        "event.listen(metadata, 'before_create', print)",
        "one = db.Table('one', metadata)",
        "metadata.append_column(3)",
        "naming = Table",
        "ours().Table('one', metadata)",
    ],
)
def test_all_else_is_a_setting(more: str, tmp_path: Path) -> None:
    assert digest(tmp_path, more) != digest(tmp_path, "")
