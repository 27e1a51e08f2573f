"""A shop of the ordinary kind comes under the fixtures by what the page of the manual says, and by nothing else."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "fixtures.md"
SHOP = Path(__file__).parent / "shop"


@pytest.mark.parametrize("environment", ["testing", "development"])
def test_a_shop_is_tested_as_the_manual_says(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("DBOPS_ENV", environment)
    shutil.copytree(SHOP, pytester.path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    for block in blocks_of(PAGE.read_text(encoding="utf-8")):
        if block.mark == "file":
            file = pytester.path / block.value
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    has_asyncio = find_spec("pytest_asyncio") is not None
    if not has_asyncio:
        (pytester.path / "tests" / "test_api.py").unlink()
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=":")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--dbops-leaks=fail", timeout=60)
    result.assert_outcomes(passed=8 + 2 * has_asyncio)  # and no finding in the schema of its databases
