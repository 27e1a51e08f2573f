"""A record of a build counts only where all of it can be read and still holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.operations.build import BuildOrder, Built, stamp_of
from pytest_dbops.operations.built_record import current_template, write_record


def built(order: BuildOrder) -> Built:
    return Built((), (), (), (), stamp=stamp_of(order, Built((), (), (), ())))


def test_record_holds_while_nothing_has_changed(tmp_path: Path) -> None:
    order = BuildOrder(tmp_path, migrations="migrations")
    write_record(tmp_path / "record.json", built(order), template="kept")

    assert current_template(tmp_path / "record.json", order) == "kept"
    assert current_template(tmp_path / "record.json", BuildOrder(tmp_path, migrations="others")) is None


@pytest.mark.parametrize(
    "record", ["", "{", "[]", '{"template": "x"}', '{"stamp": 1}', '{"stamp": "", "heads": [], "files": []}']
)
def test_broken_record_is_none(record: str, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(record)

    assert current_template(tmp_path / "record.json", BuildOrder(tmp_path)) is None
