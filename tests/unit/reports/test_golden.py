"""Reports look as they did when somebody last read them."""

from __future__ import annotations

import pytest

from tests.unit.reports.golden import FOLDER, rendered


@pytest.mark.parametrize("name", sorted(rendered()))
def test_a_report_looks_as_it_did(name: str) -> None:
    assert rendered()[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_there_is_no_golden_file_without_a_report() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(rendered())
